import { type Archive } from './archive.js';
import { ConflictError, DroppedError } from './errors.js';
import { addPoints, type Bulk, type BulkItem, type BulkValue } from './generated/index.js';
import { newIdempotencyKey } from './idempotency-key.js';
import { type CallOptions } from './read-options.js';
import { secondsOf, type Time } from './time.js';

/** A point that waits, in words of the wire. */
interface Waiting {
  readonly ts: number;
  readonly value: BulkValue;
}

/** How writes are judged. */
export interface StrictOption {
  /**
   * Whether a write throws a `DroppedError` that took place, but not for all points as they were sent: the archive
   * drops points of event types that the metadata does not list, and cuts off fractions of integers. `false` unless
   * given.
   */
  strict?: boolean | undefined;
}

/** Points of one metadata that wait to be posted, in one request. */
export class PointBatch {
  private readonly waiting: Waiting[] = [];
  /** The write that was tried last: its name, and how many of the points that wait belong to it. */
  private write = { key: '', count: 0 };
  /** Settles when the posts in progress have ended. They run one at a time; else a point could be sent twice. */
  private ended: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly archive: Archive,
    private readonly metadataKey: string,
    private readonly isStrict: boolean,
  ) {}

  /** Throws a `RangeError` for an invalid time or number: JSON cannot express it. */
  add(eventType: string, time: Time, val: unknown): void {
    if (typeof val === 'number' && !Number.isFinite(val)) throw new RangeError(`expected a finite number, got ${val}`);
    // The archive may know more event types than the generated core; it checks name and value.
    this.waiting.push({ ts: secondsOf(time), value: { 'event-type': eventType, val } as BulkValue });
  }

  /**
   * Stores the collected points, all or none, except those whose place is taken, and forgets them. After any failure
   * but a `ConflictError` or `DroppedError` it keeps them; posting them again with nothing added is the same write.
   */
  async post(options: CallOptions): Promise<void> {
    const post = this.ended.then(() => this.send(options));
    this.ended = post.catch(() => undefined);
    return post;
  }

  private async send({ signal }: CallOptions): Promise<void> {
    const count = this.waiting.length;
    if (count === 0) return;
    if (this.write.count !== count) this.write = { key: newIdempotencyKey(), count };
    const headers = { 'Idempotency-Key': this.write.key };
    const path = { metadataKey: this.metadataKey };
    const body = bulkOf(this.waiting);
    let dropped: DroppedError | undefined;
    try {
      const { response } = await this.archive.run((core) => addPoints({ ...core, path, headers, body }), signal);
      dropped = DroppedError.of(response.headers);
    } catch (error) {
      if (error instanceof ConflictError) this.settle();
      throw error;
    }
    this.settle();
    if (dropped && this.isStrict) throw dropped;
  }

  /** Removes the sent points; points added meanwhile stay. */
  private settle(): void {
    this.waiting.splice(0, this.write.count);
    this.write = { key: '', count: 0 };
  }
}

/** Groups points by time, in the order in which they were added. */
function bulkOf(points: readonly Waiting[]): Bulk {
  const items = new Map<number, BulkItem>();
  for (const { ts, value } of points) {
    const item = items.get(ts) ?? { ts, val: [] };
    item.val.push(value);
    items.set(ts, item);
  }
  return { data: [...items.values()] };
}
