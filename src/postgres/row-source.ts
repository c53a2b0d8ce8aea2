import { type Page } from '../common/page.js';

/** What one statement fetches at most: memory stays flat, and no statement holds its snapshot for long. */
const MAX_SLICE_ROWS = 10_000;
const MAX_SLICE_BYTES = 4 * 1024 ** 2;

/** How much larger a slice may be than the one before it. */
const GROWTH = 16;

/** A row: what slices are continued by. */
interface Timed {
  readonly micros: number;
}

/** Some consecutive rows, such as an array of them. */
export interface Slice<Row extends Timed = Timed> {
  readonly length: number;
  at(index: number): Row | undefined;
  slice(begin: number, end: number): Slice<Row>;
}

/** Rows in time order that can be fetched piece by piece. */
export interface RowSource<S extends Slice> {
  /** About how many bytes the rows take in memory. */
  sizeOf(rows: S): number;
  /** At most `limit` rows after skipping `offset`, slice by slice. No slice is empty; each is bounded in memory. */
  slices(limit: number, offset: number): AsyncGenerator<S, undefined, undefined>;
  /** Whether there are more than `count` rows. */
  hasMoreThan(count: number): Promise<boolean>;
}

/** Rows that a statement can fetch from any place on. */
export interface SliceStatements<S extends Slice> {
  /** Whether a row can be large: then the first slices are small, until it is known how large they are. */
  readonly hasLargeRows: boolean;
  sizeOf(rows: S): number;
  /**
   * At most `limit` rows after skipping `skip`, by one statement.
   * @param last the time where the slice before ended; this one begins right after it.
   */
  slice(limit: number, skip: number, last?: number): Promise<S>;
  hasMoreThan(count: number): Promise<boolean>;
}

/** The source of rows each slice of which is one statement, with a snapshot of its own. */
export function byStatements<S extends Slice>(statements: SliceStatements<S>): RowSource<S> {
  return {
    sizeOf: (rows) => statements.sizeOf(rows),
    slices: (limit, offset) => slicesOf(statements, limit, offset),
    hasMoreThan: (count) => statements.hasMoreThan(count),
  };
}

/** A range of time in micros, both bounds inclusive, to be read in one direction. */
export interface OrderedRange {
  readonly begin: number;
  readonly end: number;
  readonly descending: boolean;
  /** Whether the primary must be asked, as the replica may not know it; a replica may answer unless it is true. */
  readonly fromPrimary?: boolean;
}

/** What is left of a range behind the time where a slice ended, that time included; all of it before the first. */
export function restOf({ begin, end, descending }: OrderedRange, last: number | undefined): OrderedRange {
  if (last === undefined) return { begin, end, descending };
  return descending ? { begin, end: last, descending } : { begin: last, end, descending };
}

/** A page of rows, made into pieces of something else: all at once in an array, or piece by piece where they are many. */
export interface Pieces<Piece> {
  readonly pieces: readonly Piece[] | AsyncIterable<Piece>;
  /** Whether more rows follow the page. */
  readonly more: boolean;
}

/**
 * Reads a page and makes each slice into a piece; what is in memory at a time is bounded, however many rows it has and
 * however large they are. While a slice is made into a piece, PostgreSQL is at work on the next one.
 */
export async function readPage<S extends Slice, Piece>(
  source: RowSource<S>,
  { limit, offset }: Page,
  pieceOf: (slice: S) => Piece | Promise<Piece>,
): Promise<Pieces<Piece>> {
  // One row more than the page has tells whether any follow.
  const slices = oneAhead(source.slices(limit + 1, offset));
  const pieces: Piece[] = [];
  let rest = limit;
  const take = async (slice: S): Promise<Piece> => {
    const taken = slice.length > rest ? (slice.slice(0, rest) as S) : slice;
    rest -= taken.length;
    return pieceOf(taken);
  };
  for (let bytes = 0; bytes < MAX_SLICE_BYTES;) {
    const { value: slice, done } = await slices.next();
    if (done) return { pieces, more: false };
    if (slice.length > rest) return { pieces: [...pieces, await take(slice)], more: true };
    bytes += source.sizeOf(slice);
    pieces.push(await take(slice));
  }
  async function* all(): AsyncGenerator<Piece> {
    yield* pieces.splice(0);
    for await (const slice of slices) if (rest > 0) yield await take(slice);
  }
  return { pieces: all(), more: await source.hasMoreThan(offset + limit) };
}

/** All rows, slice by slice. */
export function inSlices<S extends Slice>(source: RowSource<S>): AsyncGenerator<S, undefined, undefined> {
  return source.slices(Infinity, 0);
}

async function* slicesOf<S extends Slice>(
  statements: SliceStatements<S>,
  limit: number,
  offset: number,
): AsyncGenerator<S, undefined, undefined> {
  let rest = limit;
  let size = statements.hasLargeRows ? GROWTH : MAX_SLICE_ROWS;
  let skip = offset;
  let last: number | undefined;
  while (rest > 0) {
    const wanted = Math.min(rest, size);
    const slice = await statements.slice(wanted, skip, last);
    if (slice.length > 0) yield slice;
    if (slice.length < wanted) return;
    rest -= slice.length;
    skip = 0;
    last = slice.at(-1)?.micros;
    const fitting = Math.floor((slice.length * MAX_SLICE_BYTES) / Math.max(statements.sizeOf(slice), 1));
    size = Math.max(1, Math.min(fitting, size * GROWTH, MAX_SLICE_ROWS));
  }
}

/** The same values, each asked for before the one before it is handed out. Whoever stops early has one too many. */
export async function* oneAhead<T>(source: AsyncGenerator<T, undefined>): AsyncGenerator<T, undefined, undefined> {
  let next = source.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = source.next();
      // A failure is told to whoever asks for this value, and to nobody if none does.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await source.return(undefined);
  }
}
