import { type Page } from '../common/page.js';

/** What one statement fetches at most: memory stays flat, and no statement holds its snapshot for long. */
const MOST_ROWS = 10_000;
const MOST_BYTES = 4 * 1024 ** 2;

/** How much larger a slice may be than the one before it. */
const GROWTH = 16;

/** Rows in time order that can be fetched piece by piece. */
export interface RowSource<Row extends { readonly micros: number }> {
  /** Whether a row can be large: then the first slices are small, until it is known how large they are. */
  readonly hasDocuments: boolean;
  /** About how many bytes a row takes in memory. */
  sizeOf(row: Row): number;
  /**
   * At most `limit` rows after skipping `skip`, by one statement.
   * @param last the time where the slice before ended; this one begins right after it.
   */
  slice(limit: number, skip: number, last?: number): Promise<Row[]>;
  /** Whether there are more than `count` rows. */
  hasMoreThan(count: number): Promise<boolean>;
}

/** A page of rows: all at once in an array, or slice by slice where they are many. */
export interface RowPage<Row> {
  readonly slices: readonly (readonly Row[])[] | AsyncIterable<readonly Row[]>;
  /** Whether more rows follow the page. */
  readonly more: boolean;
}

/** Nothing. */
export const NO_ROWS: RowPage<never> = { slices: [], more: false };

/** Reads a page; what is in memory at a time is bounded, however many rows it has and however large they are. */
export async function readPage<Row extends { readonly micros: number }>(
  source: RowSource<Row>,
  { limit, offset }: Page,
): Promise<RowPage<Row>> {
  const atOnce = firstSize(source);
  // One row more than the page has tells whether any follow.
  const rows = await source.slice(Math.min(limit + 1, atOnce), offset);
  if (limit < atOnce || rows.length < atOnce) return { slices: [rows.slice(0, limit)], more: rows.length > limit };
  return { slices: inSlices(source, limit, offset), more: await source.hasMoreThan(offset + limit) };
}

/** All rows, slice by slice, each going on where the last one ended. No slice is empty. */
export async function* inSlices<Row extends { readonly micros: number }>(
  source: RowSource<Row>,
  limit = Infinity,
  offset = 0,
): AsyncGenerator<Row[], void, undefined> {
  let rest = limit;
  let size = firstSize(source);
  let skip = offset;
  let last: number | undefined;
  while (rest > 0) {
    const wanted = Math.min(rest, size);
    const slice = await source.slice(wanted, skip, last);
    if (slice.length > 0) yield slice;
    if (slice.length < wanted) return;
    rest -= slice.length;
    skip = 0;
    last = slice.at(-1)?.micros;
    const bytes = slice.reduce((sum, row) => sum + source.sizeOf(row), 0);
    const fitting = Math.floor((slice.length * MOST_BYTES) / Math.max(bytes, 1));
    size = Math.max(1, Math.min(fitting, size * GROWTH, MOST_ROWS));
  }
}

function firstSize({ hasDocuments }: { readonly hasDocuments: boolean }): number {
  return hasDocuments ? GROWTH : MOST_ROWS;
}
