import { Readable } from 'node:stream';

/**
 * A JSON array as a stream, byte for byte as `JSON.stringify` makes it. The next slice of its items is asked for when
 * the reader has taken the one before, so that memory stays flat. A failure in the middle destroys the stream: the array
 * never ends.
 * @param slices none of them is empty.
 * @param shape makes an item's object; `index` is its place in the array.
 */
export function jsonStream<T>(
  slices: AsyncIterable<readonly T[]>,
  shape: (item: T, index: number) => object,
): Readable {
  let count = 0;
  const textOf = (slice: readonly T[]): string =>
    (count === 0 ? '[' : ',') + slice.map((item) => JSON.stringify(shape(item, count++))).join(',');
  async function* text(): AsyncGenerator<string> {
    // Not `for await`: its variable would keep the slice while the reader takes its time with the text.
    const rest = slices[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> => {
      const result = await rest.next();
      return result.done === true ? undefined : textOf(result.value);
    };
    try {
      for (let piece = await next(); piece !== undefined; piece = await next()) yield piece;
      yield count === 0 ? '[]' : ']';
    } finally {
      await rest.return?.();
    }
  }
  return Readable.from(text(), { objectMode: false });
}
