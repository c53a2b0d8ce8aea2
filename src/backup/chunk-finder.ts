import { MICROS_PER_SECOND } from '../common/time.js';
import { BadBackup } from './backup-errors.js';

const TAB = 9;
const NEWLINE = 10;

/** The length of `2024-05-01 12`. Chunks begin and end with whole hours, so this determines the chunk. */
const HOUR_LENGTH = 13;

/** Collects the chunks that rows fall into. Memory holds the numbers of the chunks. */
export class ChunkFinder {
  readonly chunks = new Set<number>();
  /** The hour of the previous row: most rows have the same one. */
  private readonly hour = Buffer.alloc(HOUR_LENGTH);

  /**
   * @param column the index of the column by which the table is cut into chunks, from 0.
   * @param chunkOf the number of the chunk that a time (micros) falls into.
   */
  constructor(
    private readonly column: number,
    private readonly chunkOf: (micros: number) => number,
  ) {}

  /** Adds whole rows in the text format of COPY, times in UTC. Throws `BadBackup` where a row has no time. */
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

/** The position after the next such byte. */
function after(rows: Buffer, byte: number, from: number): number {
  const at = rows.indexOf(byte, from);
  if (at < 0) throw new BadBackup('a row of it is broken');
  return at + 1;
}

/**
 * The begin of an hour in micros. Years before 100, and BC, come out wrong; all that matters is that they lie before
 * 2000, as all times before 2000 share one chunk.
 */
function hourOf(text: string): number {
  if (text.startsWith('infinity')) return Infinity;
  if (text.startsWith('-infinity')) return -Infinity;
  const match = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d)/.exec(text);
  if (!match) throw new BadBackup('a row of it has no time');
  const [year = 0, month = 1, day = 1, hour = 0] = match.slice(1).map(Number);
  return (Date.UTC(year, month - 1, day, hour) / 1000) * MICROS_PER_SECOND;
}
