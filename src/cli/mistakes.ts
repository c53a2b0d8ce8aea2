import { type Command, InvalidArgumentError } from 'commander';
import { Invalid, OperatorError } from '../common/errors.js';

/** Answers a mistake in a command line with one sentence, which says whose `--help` has more. */
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

/** Runs what reads words; what is wrong with them is a `OperatorError`. */
export function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw asSentence(error);
  }
}

/** A mistake in a word, or a value that the archive refuses, as a `OperatorError`; any other error as it is. */
export function asSentence(error: unknown): unknown {
  if (error instanceof InvalidArgumentError) return new OperatorError(error.message);
  return error instanceof Invalid ? new OperatorError(`${error.message}.`, { cause: error }) : error;
}
