#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { SCOPES, type Scope } from '../auth/scope.js';
import { runProgram } from '../program.js';

// Each action imports what it runs: `--help` answers at once, without loading the server.
const program = new Command('marigram')
  .description('A measurement archive. Configuration is by environment variables, see the README.')
  .showHelpAfterError();

program
  .command('serve')
  .description('run the server')
  .action(async () => {
    await (await import('../serve.js')).serve(process.env);
  });

program
  .command('migrate')
  .description("bring the database's schema up to date (the server does so itself when it starts)")
  .action(async () => {
    await (await import('./migrate.command.js')).migrate(process.env);
  });

const key = program.command('key').description('API keys: what clients need to write');

key
  .command('issue')
  .description('issue a new key; it is shown once, on the last line, and only its SHA-256 is stored')
  .argument('<user>', 'who gets it', userName)
  .addOption(new Option('--scope <scope>', 'what it may do').choices(SCOPES).default('write'))
  .action(async (user: string, { scope }: { scope: Scope }) => {
    await (await import('./key.command.js')).issueKey(process.env, user, scope);
  });

key
  .command('list')
  .description('list all keys')
  .action(async () => {
    await (await import('./key.command.js')).listKeys(process.env);
  });

key
  .command('revoke')
  .description('end a key; servers notice within seconds')
  .argument('<id>', 'its number in the list', keyId)
  .action(async (id: number) => {
    await (await import('./key.command.js')).revokeKey(process.env, id);
  });

await runProgram(async () => {
  await program.parseAsync();
});

function userName(text: string): string {
  if (!/^[^\s:]{1,128}$/.test(text))
    throw new InvalidArgumentError('A user is up to 128 characters without blanks and colons.');
  return text;
}

function keyId(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected the number of a key: see "marigram key list".');
  return Number(text);
}
