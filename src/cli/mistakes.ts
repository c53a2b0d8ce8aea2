import { type Command, InvalidArgumentError } from 'commander';
import { Invalid, OperatorError } from '../common/errors.js';

/** Reports a mistake in a command line in one sentence that names the `--help` to read. */
export function explainMistakes(command: Command, name = command.name()): void {
  command.configureOutput({
    outputError: (text, write) => {
      const sentence = text
        .replace(/^error: /, '')
        .trim()
        .replaceAll(/\s*\n\s*/g, ' ')
        .replace(/\.$/, '');
      write(`marigram: ${sentence}: see "${name} --help".\n`);
    },
  });
  for (const subcommand of command.commands) explainMistakes(subcommand, `${name} ${subcommand.name()}`);
}

/** Throws an `OperatorError` for a deletion that is neither confirmed nor only tried. */
export function checkConfirmed({ yes, dryRun }: { readonly yes?: boolean; readonly dryRun?: boolean }): void {
  if (!dryRun && !yes) throw new OperatorError('Nothing was deleted: look with --dry-run first, then give --yes.');
}

/** Runs a parser of arguments; its errors become an `OperatorError`. */
export function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw asSentence(error);
  }
}

/** An invalid argument, or a value that the archive refuses, as an `OperatorError`; any other error stays as it is. */
export function asSentence(error: unknown): unknown {
  if (error instanceof InvalidArgumentError) return new OperatorError(error.message);
  return error instanceof Invalid ? new OperatorError(`${error.message}.`, { cause: error }) : error;
}
