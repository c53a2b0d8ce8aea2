#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import { runProgram } from '../program.js';
import { declareAccess } from './access.js';
import { parameter } from './arguments.js';
import { type DeleteOptions } from './delete.command.js';
import { declareGet } from './get/declare-get.js';
import { importCommand } from './import-options.js';

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

declareGet(program, process.env);
declareAccess(program, process.env);

program
  .command('backup')
  .description('write everything in the archive but the keys to a file, beside a running server or without one')
  .argument('<file>', 'where to; it appears when it is complete')
  .option('--with-keys', 'the digests of the keys too')
  .option('--force', 'replace a file that is there already')
  .action(async (file: string, options: { withKeys?: boolean; force?: boolean }) => {
    await (await import('./backup.command.js')).backup(process.env, file, options);
  });

program
  .command('restore')
  .description('fill the empty archive from a backup, all or nothing')
  .argument('<file>', 'what "marigram backup" has written')
  .option('--check', 'only verify the file; no database is needed')
  .action(async (file: string, { check = false }: { check?: boolean }) => {
    const command = await import('./restore.command.js');
    await (check ? command.checkFile(file) : command.restore(process.env, file));
  });

program.addCommand(importCommand(process.env));

program
  .command('verify')
  .description('compare the summaries with the points they sum up; exit code 1 where they differ')
  .option('--sample <percent>', 'how many of the windows to check, such as 1%', percentage, 1)
  .option('--repair', 'put right what differs')
  .action(async ({ sample, repair = false }: { sample: number; repair?: boolean }) => {
    await (await import('./verify.command.js')).verify(process.env, sample, repair);
  });

program
  .command('delete')
  .description('delete the metadata that a search finds, with all their points and summaries')
  .argument('[filters...]', 'what the search looks for, such as source=192.0.2.1 event-type=throughput', parameter)
  .option('--only <event-type>', 'delete only this event type of them')
  .option('--from <seconds>', 'delete only points from this time on')
  .option('--to <seconds>', 'delete only points up to this time')
  .option('--all', 'without filters: everything')
  .option('--dry-run', 'only say what would be deleted')
  .option('--yes', 'really delete')
  .action(async (filters: [string, string][] | undefined, options: DeleteOptions) => {
    await (await import('./delete.command.js')).deleteFound(process.env, new Map(filters), options);
  });

const retention = program.command('retention').description('let data leave that are older than the policy file allows');

retention
  .command('plan')
  .description('show what would leave now; nothing is changed')
  .option('--policy <file>', 'the policy file, instead of RETENTION_POLICY')
  .action(async (options: { policy?: string }) => {
    await (await import('./retention.command.js')).planRetention(withPolicy(options));
  });

retention
  .command('run')
  .description('do it now; a server with a policy file does it once a day')
  .option('--policy <file>', 'the policy file, instead of RETENTION_POLICY')
  .action(async (options: { policy?: string }) => {
    await (await import('./retention.command.js')).runRetention(withPolicy(options));
  });

await runProgram(async () => {
  await program.parseAsync();
});

function withPolicy({ policy }: { policy?: string }): NodeJS.ProcessEnv {
  return policy === undefined ? process.env : { ...process.env, RETENTION_POLICY: policy };
}

function percentage(text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? parseFloat(text) : NaN;
  if (!(percent > 0 && percent <= 100)) throw new InvalidArgumentError('Expected a percentage such as 1%.');
  return percent / 100;
}
