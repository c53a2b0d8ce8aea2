import { type Command } from 'commander';
import { moment } from './arguments.js';
import { type PutOptions } from './put.command.js';

const DETAILS = `
The metadata is named by its KEY, or by its fields as FIELD=VALUE; it is
registered where it is not there yet. VALUE is a number, or JSON for what is no
number. The API key is taken from MARIGRAM_KEY or --key-file, and the archive's
URL from --url, MARIGRAM_URL, or the server's PORT and PATH_PREFIX.

A write without an answer is repeated under its Idempotency-Key. Exit codes:
  0   stored, or there already
  1   refused, or not understood: the same command will fail again
  75  the archive is away or busy: run the same command again later

Examples:
  marigram put 0123456789abcdef0123456789abcdef throughput 9400000000
  marigram put source=192.0.2.1 destination=192.0.2.2 tool-name=ping \\
    measurement-agent=192.0.2.1 packet-count-lost 3 --ts -1m
Many points are written by "marigram import FILE --url URL".`;

/** Declares the command that writes a point over HTTP, with this environment. */
export function declarePut(program: Command, env: NodeJS.ProcessEnv): void {
  writing(program.command('put').description('write a point to an archive over HTTP'))
    .argument('<words...>', 'KEY or FIELD=VALUE…, then EVENT-TYPE and VALUE')
    .option('--ts <when>', 'when it was measured: seconds, 2027-01-31T12:00 or -5m (default: now)', moment)
    .addHelpText('after', DETAILS)
    .action(async (words: string[], options: PutOptions) => {
      await (await import('./put.command.js')).put(env, words, options);
    });
}

/** Adds the options for writing over HTTP. None takes a key itself, which other users of the machine could see. */
export function writing(command: Command): Command {
  return command
    .option('--url <url>', 'the server, or its archive up to /perfsonar/archive/')
    .option('--key-file <file>', 'a file with the API key; else MARIGRAM_KEY');
}
