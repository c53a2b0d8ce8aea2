import { Invalid, StateConflict } from '../../common/errors.js';
import { OpenColumns, pick, type PointColumns } from '../points/point-columns.js';
import { type LedgerEntry, type RowRange } from '../sessions/stream-ledger.js';
import { MAX_ROW, type StreamColumns, type StreamOutcome } from './stream-columns.js';

/** A ledger of more ranges is that of a client which leaves gaps for ever. */
const MAX_RANGES = 10_000;

/**
 * What a batch brings to one stream: of each row number that was not taken before, the first one that arrives. The points
 * that are stored come in the order of (time, row number).
 */
export class StreamRows {
  /** The row numbers that the batch takes, in the order of their arrival. */
  readonly taken: RowRange[] = [];
  private next = 0;
  private readonly added: PointColumns[] = [];

  /**
   * Adds the points of one request, after those of earlier ones.
   * @param entry what the ledger says of them; the batch may have taken more since.
   * Throws `StateConflict` where the session has ended, `Invalid` where the row numbers can't be taken.
   */
  add(columns: StreamColumns, entry: LedgerEntry, allowsClosed: boolean): StreamOutcome {
    const { session, status } = entry;
    if (status !== 'open' && !allowsClosed)
      throw new StateConflict(`session ${session} is ${status}: POST …/reopen first`);
    const rows = columns.micros.length;
    this.next = Math.max(this.next, entry.next);
    const row = columns.row ?? this.next;
    const end = row + rows;
    if (end > MAX_ROW + 1) throw new Invalid(`the stream is full: its row numbers end at ${MAX_ROW}`);
    if (entry.ranges > MAX_RANGES)
      throw new Invalid(`the row numbers of the stream have more than ${MAX_RANGES} gaps: send the missing rows first`);
    const offered = row < this.next ? this.taken.reduce(without, entry.free) : [{ begin: row, end }];
    const free = offered.filter((range) => range.begin < range.end);
    for (const range of free) this.take(range);
    const stored = this.addPoints(columns, row, free);
    const taken = free.reduce((sum, range) => sum + range.end - range.begin, 0);
    return { row, rows, stored, repeated: rows - taken, expired: taken - stored, nextRow: this.next };
  }

  /** All points to store, in the order of (time, row number). */
  get columns(): PointColumns {
    const [first, ...others] = this.added;
    if (first && others.length === 0) return inOrder(first);
    const all = new OpenColumns();
    for (const columns of this.added) all.append(columns);
    return inOrder(all);
  }

  private take({ begin, end }: RowRange): void {
    const last = this.taken.at(-1);
    if (last?.end === begin) this.taken.splice(-1, 1, { begin: last.begin, end });
    else this.taken.push({ begin, end });
    this.next = Math.max(this.next, end);
  }

  /** Adds the points of free rows that have not expired; returns how many. */
  private addPoints(columns: StreamColumns, row: number, free: readonly RowRange[]): number {
    const { micros, series } = columns;
    const cutOff = series.cutOff ?? -Infinity;
    const indexes: number[] = [];
    for (const { begin, end } of free)
      for (let index = begin - row; index < end - row; index++) if ((micros[index] ?? 0) >= cutOff) indexes.push(index);
    if (indexes.length > 0) this.added.push({ ...pick(columns, indexes), rows: indexes.map((index) => row + index) });
    return indexes.length;
  }
}

/** What other row numbers leave of ranges; some may be empty. */
function without(ranges: readonly RowRange[], other: RowRange): RowRange[] {
  return ranges.flatMap(({ begin, end }) => [
    { begin, end: Math.min(end, other.begin) },
    { begin: Math.max(begin, other.end), end },
  ]);
}

/** Points of a stream in the order of (time, row number). */
function inOrder(columns: PointColumns): PointColumns {
  const { micros, rows = [] } = columns;
  const compare = (a: number, b: number): number =>
    (micros[a] ?? 0) - (micros[b] ?? 0) || (rows[a] ?? 0) - (rows[b] ?? 0);
  if (micros.every((_, index) => index === 0 || compare(index - 1, index) < 0)) return columns;
  return pick(columns, [...micros.keys()].sort(compare));
}
