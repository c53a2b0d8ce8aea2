import { decodePoints, type SpooledPoints } from './points-payload.js';
import { type Position } from './spool-files.js';
import { type PlacedRecord } from './spool-reader.js';

/** A batch is not made longer when it has this many bytes: they are in memory. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Records that are acknowledged together: points of any streams, or one record of another kind. */
export class Batch {
  readonly points: SpooledPoints[] = [];
  /** The record, if it is not about points. */
  control: PlacedRecord | undefined;
  /** The place behind its last record. */
  end: Position | undefined;
  /** Its length in the spool. */
  bytes = 0;
  private readonly rows = new Map<string, number>();

  /** @param maxRows no stream gets more, once it has these. */
  constructor(private readonly maxRows: number) {}

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  /** Whether nothing more should be added. */
  get isFull(): boolean {
    return (
      this.control !== undefined || this.bytes >= MAX_BYTES || [...this.rows.values()].some((n) => n >= this.maxRows)
    );
  }

  /** Adds a record; returns whether it belongs to this batch. */
  add(record: PlacedRecord): boolean {
    if (record.kind === 'points') {
      const points = decodePoints(record.payload);
      this.points.push(points);
      this.rows.set(points.stream, (this.rows.get(points.stream) ?? 0) + points.rows);
    } else {
      if (!this.isEmpty) return false;
      this.control = record;
    }
    this.end = record.end;
    this.bytes += record.bytes;
    return true;
  }
}
