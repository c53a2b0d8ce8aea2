import { type Page } from '../common/page.js';

/** How many rows one statement fetches: memory stays flat, and no statement holds its snapshot for long. */
const SLICE = 10_000;

/** Rows in time order that can be fetched piece by piece. */
export interface RowSource<Row extends { readonly micros: number }> {
  /**
   * At most `limit` rows after skipping `skip`, by one statement.
   * @param last the time where the slice before ended; this one begins right after it.
   */
  slice(limit: number, skip: number, last?: number): Promise<Row[]>;
}

/** A page of rows: all at once in an array, or slice by slice where they are many. */
export interface RowPage<Row> {
  readonly slices: readonly (readonly Row[])[] | AsyncIterable<readonly Row[]>;
  /** Whether more rows follow the page. */
  readonly more: boolean;
}

/** Nothing. */
export const NO_ROWS: RowPage<never> = { slices: [], more: false };

/** Reads a page; what is in memory at a time is bounded, however many rows it has. */
export async function readPage<Row extends { readonly micros: number }>(
  source: RowSource<Row>,
  { limit, offset }: Page,
): Promise<RowPage<Row>> {
  if (limit >= SLICE) {
    const following = await source.slice(1, offset + limit);
    return { slices: inSlices(source, limit, offset), more: following.length > 0 };
  }
  // One row more than the page has tells whether any follow.
  const rows = await source.slice(limit + 1, offset);
  return { slices: [rows.slice(0, limit)], more: rows.length > limit };
}

/** All rows, slice by slice, each going on where the last one ended. No slice is empty. */
export async function* inSlices<Row extends { readonly micros: number }>(
  source: RowSource<Row>,
  limit = Infinity,
  offset = 0,
): AsyncGenerator<Row[], void, undefined> {
  let rest = limit;
  let skip = offset;
  let last: number | undefined;
  while (rest > 0) {
    const wanted = Math.min(rest, SLICE);
    const slice = await source.slice(wanted, skip, last);
    if (slice.length > 0) yield slice;
    if (slice.length < wanted) return;
    rest -= slice.length;
    skip = 0;
    last = slice.at(-1)?.micros;
  }
}
