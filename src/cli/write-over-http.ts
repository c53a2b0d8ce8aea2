import { readFile } from 'node:fs/promises';
import { ApiError, ArchiveError } from 'marigram-client';
import { OperatorError, TryLater } from '../common/errors.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { ImportReport } from '../import/import-report.js';
import { type FileLine } from '../import/file-line.js';
import { importFile } from '../import/import-file.js';
import { archiveUrl } from './archive-url.js';
import { type Destination, HttpTarget } from './http-target.js';
import { badLinesOf, sentOf } from './import-summary.js';
import { printable } from './text-table.js';

/** The archive to write to, and the file with its key. */
export interface WriteOptions {
  readonly url?: string;
  readonly keyFile?: string;
  readonly strict?: boolean;
  /** Whether all event types are built-in ones, so that the archive need not be asked for others. */
  readonly isBuiltIn?: boolean;
}

/** Statuses of an archive, or of its proxy, that is busy or away. */
const PASSING: readonly number[] = [429, 502, 503, 504];

/**
 * Writes points to an archive over HTTP, and prints how many. Bad lines are named on stderr; the exit code is 1 then.
 * Throws an `OperatorError` for a refusal, and a `TryLater` where the archive is away: what was stored until then stays, and
 * the same command is safe to be run again.
 */
export async function writeOverHttp(
  env: NodeJS.ProcessEnv,
  options: WriteOptions,
  lines: (dataTypeOf: DataTypeOf) => AsyncIterable<FileLine>,
): Promise<void> {
  const to = await destinationOf(env, options);
  const account = new ImportReport();
  try {
    const target = targetOf(to);
    if (options.isBuiltIn !== true) await target.lookUpTypes();
    await importFile(target, () => lines(target.dataTypeOf), { strict: options.strict }, account);
  } catch (error) {
    throw asSentence(to.url, error);
  } finally {
    for (const line of badLinesOf(account)) console.error(line);
  }
  if (account.isIncomplete) process.exitCode = 1;
  for (const line of sentOf(account, to.url)) console.log(line);
}

/** The archive to write to, and the key. Throws an `OperatorError` where there is none. */
export async function destinationOf(env: NodeJS.ProcessEnv, options: WriteOptions): Promise<Destination> {
  const apiKey = await keyOf(env, options);
  if (!apiKey) throw new OperatorError('Writing takes a key: give it as MARIGRAM_KEY, or in a file with --key-file.');
  return { url: archiveUrl(env, options.url), apiKey };
}

/** The key in a file, or in the environment. */
export async function keyOf(env: NodeJS.ProcessEnv, { keyFile }: WriteOptions): Promise<string | undefined> {
  return keyFile === undefined ? env.MARIGRAM_KEY : (await keyIn(keyFile)).trim();
}

async function keyIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`The key cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

function targetOf(to: Destination): HttpTarget {
  try {
    return new HttpTarget(to);
  } catch (error) {
    // A message about a header would show the key.
    if (error instanceof TypeError)
      throw new OperatorError(
        URL.canParse(to.url) ? 'The key has characters that no key has.' : `${to.url} is no URL: see --url.`,
      );
    throw error;
  }
}

function asSentence(url: string, error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error;
  if (error instanceof ApiError && !PASSING.includes(error.status))
    return new OperatorError(`${url} refuses it: ${printable(error.detail).replace(/\.$/, '')}.`, { cause: error });
  const reason = printable(error.message).replace(/\.$/, '');
  return new TryLater(`${url} cannot store it now (${reason}). Run the same command again later.`, { cause: error });
}
