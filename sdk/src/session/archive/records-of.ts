import { type HandedColumns } from '../backend.js';

/** Texts of a record have about as many bytes at most: it is read into memory as a whole. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** A unit of UTF-16 takes at most so many bytes of UTF-8. */
const BYTES_OF_UNIT = 3;

/** Which points go into one record: from an index to below another. */
export function* recordsOf([table, , columns]: HandedColumns, maxRows: number): Generator<[from: number, to: number]> {
  const rows = columns.ts.length;
  let from = 0;
  let bytes = 0;
  for (let to = 1; to <= rows; to++) {
    if (table === 'events') bytes += BYTES_OF_UNIT * (columns.value[to - 1]?.length ?? 0);
    if (to < rows && to - from < maxRows && bytes < MAX_TEXT_BYTES) continue;
    yield [from, to];
    from = to;
    bytes = 0;
  }
}
