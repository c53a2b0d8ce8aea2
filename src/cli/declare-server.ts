import { type Command } from 'commander';

/** Declares the commands that run the server and migrate its schema, with this environment. */
export function declareServer(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('serve')
    .description('run the server')
    .action(async () => {
      await (await import('../serve.js')).serve(env);
    });

  program
    .command('migrate')
    .description("migrate the database's schema (the server also does so when it starts)")
    .action(async () => {
      await (await import('./migrate.command.js')).migrate(env);
    });
}
