import { type Command } from 'commander';
import { count, moment } from '../arguments.js';
import { writing } from '../declare-put.js';
import { type ListOptions, withOutput } from '../list.js';
import { type ArchiveOptions } from './connection.js';
import { type DeleteSessionOptions } from './delete.command.js';
import { type ListSessionsOptions } from './list.command.js';

/** Sessions that are listed unless `--limit` says otherwise. */
const LISTED = 100;

/** Declares the commands on data sessions over HTTP, with this environment. */
export function declareSession(program: Command, env: NodeJS.ProcessEnv): void {
  const session = program.command('session').description('data sessions: load tests and other streams of microseconds');

  withOutput(writing(session.command('list')))
    .description('list sessions, those that began last first')
    .argument('[filters...]', 'name=, operator=, status= and meta.KEY=, such as status=open meta.component=checkout')
    .option('--from <when>', 'that began at this time or later', moment)
    .option('--to <when>', 'that began at this time or earlier', moment)
    .option('--limit <sessions>', 'the maximum of sessions', count, LISTED)
    .action(async (words: string[], options: ListSessionsOptions) => {
      await (await import('./list.command.js')).listSessions(env, words, options);
    });

  withOutput(writing(session.command('show')))
    .description('show a session: its streams, missing rows, and what all points of each are together')
    .argument('<session>', 'its id')
    .action(async (id: string, options: ArchiveOptions & ListOptions) => {
      await (await import('./show.command.js')).showSession(env, id, options);
    });

  writing(session.command('delete'))
    .description('delete a session with all its data; takes a key of scope admin')
    .argument('<session>', 'its id')
    .option('--dry-run', 'only say what would be deleted')
    .option('--yes', 'really delete')
    .action(async (id: string, options: DeleteSessionOptions) => {
      await (await import('./delete.command.js')).deleteSession(env, id, options);
    });
}
