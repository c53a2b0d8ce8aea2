const NEWLINE = 10;

/**
 * Cuts a stream of rows anew: into parts of at least `size` bytes (the last may be shorter) that end with a whole row.
 * Memory holds one part, or one row where that is longer.
 */
export async function* rowParts(rows: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer, void, undefined> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of rows) {
    const end = length + chunk.length < size ? 0 : chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      held.push(chunk);
      length += chunk.length;
      continue;
    }
    yield Buffer.concat([...held, chunk.subarray(0, end)]);
    held = [chunk.subarray(end)];
    length = chunk.length - end;
  }
  if (length > 0) yield Buffer.concat(held);
}
