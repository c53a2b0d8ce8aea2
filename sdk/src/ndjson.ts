import { Deadline } from './deadline.js';
import { ArchiveError, ConnectionError } from './errors.js';

/** How to wait for the pieces of a stream. */
export interface Patience {
  /** How long each piece may take. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The lines of a stream as they arrive, without their ends. What is in memory is one piece, however long the stream;
 * the next one is asked for when its lines are taken. Throws a `TimeoutError` when none comes in time, a
 * `ConnectionError` when the stream breaks off, and the signal's reason when that aborts. Whoever stops early closes
 * the connection.
 * @param end whether the last line has an end, too.
 */
export async function* linesOf(
  stream: ReadableStream<Uint8Array>,
  { timeoutMs, signal }: Patience,
  end: 'closed' | 'open' = 'closed',
): AsyncGenerator<string, void, undefined> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await nextPiece(reader, timeoutMs, signal);
      const text = decoder.decode(value, { stream: !done });
      let start = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        const line = rest + text.slice(start, end);
        rest = '';
        start = end + 1;
        signal?.throwIfAborted();
        if (line !== '') yield line;
      }
      rest += text.slice(start);
      if (done) break;
    }
    if (rest === '') return;
    // The archive ends each line: what has no end was cut off.
    if (end === 'closed') throw new ConnectionError('the answer ends in the middle of a line');
    yield rest;
  } finally {
    // Has no effect on a stream that is at its end or broken, apart from a rejection.
    reader.cancel().catch(() => undefined);
  }
}

async function nextPiece(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
  const deadline = new Deadline(timeoutMs, signal);
  try {
    return await deadline.race(reader.read());
  } catch (error) {
    // What `fetch` was replaced by may have refused the rest.
    if (deadline.signal.aborted || error instanceof ArchiveError) throw error;
    throw new ConnectionError('the answer broke off', { cause: error });
  } finally {
    deadline.release();
  }
}
