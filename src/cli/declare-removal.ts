import { type Command } from 'commander';
import { moment } from './arguments.js';
import { type DeleteOptions } from './delete.command.js';

interface RetentionOptions {
  readonly policy?: string;
  readonly yes?: boolean;
}

/** Declares the commands that remove data, with this environment. */
export function declareRemoval(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('delete')
    .description('delete the metadata that a search finds, with all their points and summaries')
    .argument('[filters...]', 'what the search looks for, such as source=192.0.2.1 event-type=throughput')
    .option('--only <event-type>', 'delete only this event type of them')
    .option('--from <when>', 'delete only points from this time on, such as -30d or 2024-01-01', moment)
    .option('--to <when>', 'delete only points up to this time', moment)
    .option('--all', 'without filters: everything but sessions')
    .option('--dry-run', 'only say what would be deleted')
    .option('--yes', 'really delete')
    .action(async (words: string[], options: DeleteOptions) => {
      await (await import('./delete.command.js')).deleteFound(env, words, options);
    });

  const retention = program.command('retention').description('delete data that are older than the policy file allows');

  retention
    .command('plan')
    .description('show what would be deleted now; nothing is changed')
    .option('--policy <file>', 'the policy file, instead of RETENTION_POLICY')
    .action(async (options: RetentionOptions) => {
      await (await import('./retention.command.js')).planRetention(withPolicy(env, options));
    });

  retention
    .command('run')
    .description('delete it now; a server with a policy file does so once a day')
    .option('--policy <file>', 'the policy file, instead of RETENTION_POLICY')
    .option('--yes', 'really delete')
    .action(async ({ yes = false, ...options }: RetentionOptions) => {
      await (await import('./retention.command.js')).runRetention(withPolicy(env, options), yes);
    });
}

function withPolicy(env: NodeJS.ProcessEnv, { policy }: RetentionOptions): NodeJS.ProcessEnv {
  return policy === undefined ? env : { ...env, RETENTION_POLICY: policy };
}
