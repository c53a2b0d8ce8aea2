import { type Command, Option } from 'commander';
import { count, moment } from '../arguments.js';
import { writing } from '../declare-put.js';
import { type ListOptions, withOutput } from '../list.js';
import { checks } from './compare/check.js';
import { type CompareOptions } from './compare/compare.command.js';
import { type ArchiveOptions } from './connection.js';
import { type DeleteSessionOptions } from './delete.command.js';
import { type ListSessionsOptions } from './list.command.js';

/** Sessions that are listed unless `--limit` says otherwise. */
const LISTED = 100;

const CHECKS = `
A condition of --fail-on is NAME:FIGURE, an operator (> >= < <=) and a limit. NAME is that of a stream, or * for all.
  latency:q95>200000     q95 of OTHER: also cnt, average, stddev, q50, q90, q99, q100, and d
  latency:q95>+5%        its change from BASE in percent
  latency:average>+1000  its difference from BASE
  codes:share(5xx)>1%    the share of categories in OTHER; x is any digit
  codes:share(5xx)>+0.5% by how many points of percent it has grown
d is the distance of Kolmogorov and Smirnov: 0 where values are distributed alike, up to 1.

Exit codes:
   0  no condition holds
   1  something is wrong: an unknown session, or a condition on what was not compared
   3  a condition holds

Example, for CI:
  marigram session compare run-17 run-18 --fail-on 'latency:q95>+5%' --fail-on 'codes:share(5xx)>1%' -o junit`;

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

  writing(session.command('compare'))
    .description('compare a session with a base, stream by stream; for CI, with conditions that must not hold')
    .argument('<base>', 'the id of the session to compare with')
    .argument('<other>', 'the id of the session to compare')
    .option('--by <fields>', 'pair streams by these: name, case, stream (the id), meta.KEY', 'name,case')
    .option('--fail-on <condition>', 'exit with 3 where this holds; may be repeated', checks)
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['table', 'json', 'junit', 'markdown'])
        .default('table'),
    )
    .addHelpText('after', CHECKS)
    .action(async (base: string, other: string, options: CompareOptions) => {
      await (await import('./compare/compare.command.js')).compareSessions(env, base, other, options);
    });
}
