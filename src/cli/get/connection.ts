import { ApiConnect, ApiError, ArchiveError, ConnectionError, type FilterFields, TimeoutError } from 'marigram-client';
import { OperatorError } from '../../common/errors.js';
import { printable } from '../text-table.js';

/** Where an archive is, and who asks. */
export interface Connection {
  readonly url: string;
  readonly apiKey?: string | undefined;
}

/** The statuses of an archive that wants a key, or another one. */
const REFUSED: readonly number[] = [401, 403];

/** A search of the archive. Throws a `OperatorError` for a URL that is none, and for a key that can't be sent. */
export function connect({ url, apiKey }: Connection, filters: FilterFields): ApiConnect {
  // Fewer repeats than a program would make: somebody waits.
  const options = { apiKey: apiKey === '' ? undefined : apiKey, retries: 3 };
  try {
    return new ApiConnect(url, filters, options);
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

/** Runs what asks an archive; its failures become a sentence for people. */
export async function asking(url: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof ArchiveError || error instanceof RangeError
      ? new OperatorError(sentenceOf(url, error))
      : error;
  }
}

/** What it says before the reason is in the sentence already. */
function reasonOf({ message }: ConnectionError): string {
  return printable(message.replace(/^no whole answer: /, '').replace(/^fetch failed: /, ''));
}

function sentenceOf(url: string, error: Error): string {
  if (error instanceof TimeoutError) return `${url} does not answer in time.`;
  if (error instanceof ConnectionError)
    return `${url} does not answer (${reasonOf(error)}). Is the archive running there? See --url.`;
  if (!(error instanceof ApiError)) return `${printable(error.message)}.`;
  const detail = printable(error.detail).replace(/\.$/, '');
  if (REFUSED.includes(error.status)) return `${url} refuses: ${detail}. The key is taken from MARIGRAM_KEY.`;
  if (error.status === 404 || error.status < 300)
    return `${url} has no archive: ${detail}. Its whole URL ends in /perfsonar/archive/, see --url.`;
  return `${url} answers ${error.status}: ${detail}.`;
}
