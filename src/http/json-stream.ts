import { Readable } from 'node:stream';

/**
 * A JSON array as a stream, byte for byte as `JSON.stringify` would write it. The next slice is fetched when the reader
 * has consumed the one before, so that memory stays flat. A failure destroys the stream before the array is closed.
 * @param slices none of them is empty.
 * @param textOf makes an item's JSON; `index` is its place in the array.
 */
export function jsonStream<T>(
  slices: AsyncIterable<readonly T[]>,
  textOf: (item: T, index: number) => string,
): Readable {
  let count = 0;
  const piece = (slice: readonly T[]): string =>
    (count === 0 ? '[' : ',') + slice.map((item) => textOf(item, count++)).join(',');
  async function* pieces(): AsyncGenerator<string> {
    // Not `for await`: its variable would keep the slice while the reader takes its time with the text.
    const rest = slices[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> => {
      const result = await rest.next();
      return result.done === true ? undefined : piece(result.value);
    };
    try {
      for (let text = await next(); text !== undefined; text = await next()) yield text;
      yield count === 0 ? '[]' : ']';
    } finally {
      await rest.return?.();
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}
