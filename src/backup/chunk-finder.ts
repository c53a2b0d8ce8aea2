import { MICROS_PER_SECOND } from '../common/time.js';
import { BadBackup } from './format.js';

const TAB = 9;
const NEWLINE = 10;

/** `2024-05-01 12`: chunks begin and end with whole hours, so that this decides. */
const HOUR_LENGTH = 13;

/** Finds the chunks that rows will fall into. Memory holds the numbers of the chunks. */
export class ChunkFinder {
  readonly chunks = new Set<number>();
  /** The hour of the last row: most rows have the same one. */
  private readonly hour = Buffer.alloc(HOUR_LENGTH);

  /**
   * @param column the number of the column by which the table is cut, from 0.
   * @param chunkOf the number of the chunk that a time (micros) falls into.
   */
  constructor(
    private readonly column: number,
    private readonly chunkOf: (micros: number) => number,
  ) {}

  /** Looks at whole rows in the text format of COPY, times in UTC. Throws `BadBackup` where there is no time. */
  add(rows: Buffer): void {
    let begin = 0;
    while (begin < rows.length) {
      let field = begin;
      for (let column = 0; column < this.column; column++) field = after(rows, TAB, field);
      begin = after(rows, NEWLINE, field);
      if (this.hour.compare(rows, field, field + HOUR_LENGTH) === 0) continue;
      rows.copy(this.hour, 0, field, field + HOUR_LENGTH);
      this.chunks.add(this.chunkOf(hourOf(rows.toString('latin1', field, field + HOUR_LENGTH + 3))));
    }
  }
}

/** The place after the next such byte. */
function after(rows: Buffer, byte: number, from: number): number {
  const at = rows.indexOf(byte, from);
  if (at < 0) throw new BadBackup('a row of it is broken');
  return at + 1;
}

/**
 * The begin of an hour in micros. The years before 100 come out wrong, and those before Christ: that they lie before
 * 2000 is all that is asked of them, as chunks before that are not made ahead one by one.
 */
function hourOf(text: string): number {
  if (text.startsWith('infinity')) return Infinity;
  if (text.startsWith('-infinity')) return -Infinity;
  const match = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d)/.exec(text);
  if (!match) throw new BadBackup('a row of it has no time');
  const [year = 0, month = 1, day = 1, hour = 0] = match.slice(1).map(Number);
  return (Date.UTC(year, month - 1, day, hour) / 1000) * MICROS_PER_SECOND;
}
