import {
  ApiConnect,
  ApiError,
  ArchiveError,
  ConnectionError,
  type ConnectionOptions,
  type FilterFields,
  TimeoutError,
} from 'marigram-client';
import { OperatorError } from '../../common/errors.js';
import { type Filter } from '../filters.js';
import { type Format } from '../record-format.js';
import { type Screen } from '../screen.js';
import { printable } from '../text-table.js';

/** An archive and the key for it. */
export interface Connection {
  readonly url: string;
  readonly apiKey?: string | undefined;
}

/** A query, and how to print its result. */
export interface Request extends Connection {
  readonly filters: readonly Filter[];
  readonly format: Format;
  /** How many rows at most. */
  readonly limit?: number | undefined;
  readonly screen: Screen;
}

/** Whether an archive asks for a key, or another one. */
export function refusesKey(error: unknown): boolean {
  return error instanceof ApiError && [401, 403].includes(error.status);
}

/** A search of the archive. Throws an `OperatorError` for an invalid URL, and for a key that can't be sent. */
export function connect({ url, apiKey }: Connection, filters: FilterFields): ApiConnect {
  return usable(url, () => new ApiConnect(url, filters, optionsWith(apiKey)));
}

/** The options of a client with this key, where there is one. */
export function optionsWith(apiKey: string | undefined): ConnectionOptions {
  // Fewer retries than in programs, since a person waits.
  return { apiKey: apiKey === '' ? undefined : apiKey, retries: 3 };
}

/** A client of an archive. Its `TypeError` for an invalid URL, or a key that can't be sent, becomes a sentence for people. */
export function usable<Client>(url: string, open: () => Client): Client {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // A message about a header would show the key.
    const isUrl = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
    throw new OperatorError(
      isUrl
        ? 'MARIGRAM_KEY has characters that no key has.'
        : `${url} is no URL: expected such as http://localhost:8080.`,
    );
  }
}

/** Runs requests to an archive; failures become a sentence for people. */
export async function asking(url: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof ArchiveError || error instanceof RangeError
      ? new OperatorError(sentenceOf(url, error))
      : error;
  }
}

/** The sentence already has the part before the reason. */
function reasonOf({ message }: ConnectionError): string {
  return printable(message.replace(/^no whole answer: /, '').replace(/^fetch failed: /, ''));
}

function sentenceOf(url: string, error: Error): string {
  if (error instanceof TimeoutError) return `${url} does not answer in time.`;
  if (error instanceof ConnectionError)
    return `${url} does not answer (${reasonOf(error)}). Is the archive running there? See --url.`;
  if (!(error instanceof ApiError)) return `${printable(error.message)}.`;
  const detail = printable(error.detail).replace(/\.$/, '');
  if (refusesKey(error)) return `${url} refuses: ${detail}. The key is taken from MARIGRAM_KEY.`;
  if (error.status === 404 || error.status < 300)
    return `${url} has no archive: ${detail}. Its whole URL ends in /perfsonar/archive/, see --url.`;
  return `${url} answers ${error.status}: ${detail}.`;
}
