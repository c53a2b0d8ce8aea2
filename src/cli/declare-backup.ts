import { type Command } from 'commander';
import { percentage } from './arguments.js';

/** Declares the commands that back up, restore and check the data, with this environment. */
export function declareBackup(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('backup')
    .description('write the archive without its keys to a file, beside a running server or without one')
    .argument('<file>', 'the file; it appears when it is complete')
    .option('--with-keys', 'include the digests of the keys')
    .option('--force', 'replace an existing file')
    .action(async (file: string, options: { withKeys?: boolean; force?: boolean }) => {
      await (await import('./backup.command.js')).backup(env, file, options);
    });

  program
    .command('restore')
    .description('fill the empty archive from a backup, all or nothing')
    .argument('<file>', 'a file that "marigram backup" wrote')
    .option('--check', 'only verify the file; no database is needed')
    .action(async (file: string, { check = false }: { check?: boolean }) => {
      const command = await import('./backup.command.js');
      await (check ? command.checkFile(file) : command.restore(env, file));
    });

  program
    .command('pack')
    .description('pack points into segments now, which a server does in the background: it gives disk space back')
    .option('--all', 'the points of the last hour and those that are few, too')
    .action(async ({ all = false }: { all?: boolean }) => {
      await (await import('./pack.command.js')).pack(env, all);
    });

  program
    .command('verify')
    .description('check the points, and compare the summaries with them; exit code 1 if a difference remains')
    .option('--sample <percent>', 'the share of series to check, such as 1%', percentage, 1)
    .option('--repair', 'repair summaries that differ')
    .action(async ({ sample, repair = false }: { sample: number; repair?: boolean }) => {
      await (await import('./verify.command.js')).verify(env, sample, repair);
    });
}
