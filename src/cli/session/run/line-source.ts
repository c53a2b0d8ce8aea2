import { type FileHandle, open, stat } from 'node:fs/promises';
import { type Readable } from 'node:stream';
import { OperatorError } from '../../../common/errors.js';

/** Where the lines of a run come from, beside its stdout. */
export interface LineSource {
  /** What can be read while the program runs. */
  readonly live: Readable | undefined;
  /** What can be read when the program has ended. Throws an `OperatorError` where there is no file. */
  end(): Promise<Readable | undefined>;
}

/**
 * Opens a file of lines. A named pipe is read while the program runs; any other file from its begin, when the program has
 * ended and it is whole.
 */
export async function lineSource(file: string): Promise<LineSource> {
  const isPipe = await stat(file).then(
    (found) => found.isFIFO(),
    () => false,
  );
  if (!isPipe) return { live: undefined, end: () => wholeFile(file) };
  // Each end waits for the other one to be opened. The one for writing is kept, so that programs may come and go.
  const [reader, writer] = await Promise.all([open(file, 'r'), open(file, 'a')]);
  return {
    live: reader.createReadStream(),
    end: async () => {
      await writer.close();
      return undefined;
    },
  };
}

async function wholeFile(file: string): Promise<Readable> {
  const handle = await open(file, 'r').catch((error: unknown): FileHandle => {
    throw new OperatorError(`The streams cannot be read: ${(error as Error).message}.`, { cause: error });
  });
  return handle.createReadStream();
}
