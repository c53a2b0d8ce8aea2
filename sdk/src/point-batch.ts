import { type Archive } from './archive.js';
import { ConflictError } from './errors.js';
import { addPoints, type Bulk, type BulkItem, type BulkValue } from './generated/index.js';
import { newIdempotencyKey } from './idempotency-key.js';
import { type CallOptions } from './read-options.js';
import { secondsOf, type Time } from './time.js';

/** Points of one metadata that wait to be posted, in one request. */
export class PointBatch {
  private readonly items = new Map<number, BulkItem>();
  /** The name of the write of just these points. */
  private key: string | undefined;

  constructor(
    private readonly archive: Archive,
    private readonly metadataKey: string,
  ) {}

  /** Throws a `RangeError` for a time or a number that is none: JSON has no word for it. */
  add(eventType: string, time: Time, val: unknown): void {
    if (typeof val === 'number' && !Number.isFinite(val)) throw new RangeError(`expected a finite number, got ${val}`);
    const ts = secondsOf(time);
    const item: BulkItem = this.items.get(ts) ?? { ts, val: [] };
    // The archive may know more event types than the document that the core was made from; it checks name and value.
    item.val.push({ 'event-type': eventType, val } as BulkValue);
    this.items.set(ts, item);
    this.key = undefined;
  }

  /**
   * Stores all points, or none, apart from those whose place is taken. Then the batch is empty; after any failure but
   * a `ConflictError` it is not, and the same points can be posted again, as the same write.
   */
  async post({ signal }: CallOptions): Promise<void> {
    if (this.items.size === 0) return;
    this.key ??= newIdempotencyKey();
    const headers = { 'Idempotency-Key': this.key };
    const path = { metadataKey: this.metadataKey };
    const body: Bulk = { data: [...this.items.values()] };
    try {
      await this.archive.run((core) => addPoints({ ...core, path, headers, body }), signal);
    } catch (error) {
      if (error instanceof ConflictError) this.items.clear();
      throw error;
    }
    this.items.clear();
  }
}
