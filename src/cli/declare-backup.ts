import { type Command } from 'commander';
import { percentage } from './arguments.js';

/** Declares the commands that keep the data safe and check them, with this environment. */
export function declareBackup(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('backup')
    .description('write everything in the archive but the keys to a file, beside a running server or without one')
    .argument('<file>', 'where to; it appears when it is complete')
    .option('--with-keys', 'the digests of the keys too')
    .option('--force', 'replace a file that is there already')
    .action(async (file: string, options: { withKeys?: boolean; force?: boolean }) => {
      await (await import('./backup.command.js')).backup(env, file, options);
    });

  program
    .command('restore')
    .description('fill the empty archive from a backup, all or nothing')
    .argument('<file>', 'what "marigram backup" has written')
    .option('--check', 'only verify the file; no database is needed')
    .action(async (file: string, { check = false }: { check?: boolean }) => {
      const command = await import('./backup.command.js');
      await (check ? command.checkFile(file) : command.restore(env, file));
    });

  program
    .command('verify')
    .description('compare the summaries with the points they sum up; exit code 1 where a difference remains')
    .option('--sample <percent>', 'how many of the windows to check, such as 1%', percentage, 1)
    .option('--repair', 'put right what differs')
    .action(async ({ sample, repair = false }: { sample: number; repair?: boolean }) => {
      await (await import('./verify.command.js')).verify(env, sample, repair);
    });
}
