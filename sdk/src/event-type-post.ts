import { Archive } from './archive.js';
import { type ConnectionOptions } from './connection-options.js';
import { type PostedValueOf } from './data-types.js';
import { PointBatch, type StrictOption } from './point-batch.js';
import { type CallOptions } from './read-options.js';
import { type Time } from './time.js';

/** Where points belong. */
export interface EventTypePostOptions<N extends string> extends ConnectionOptions, StrictOption {
  /** The key of a metadata that lists the event type: points of any other are dropped by the archive. */
  metadataKey: string;
  eventType: N;
}

/** Posts points of one event type. */
export class EventTypePost<N extends string = string> {
  readonly metadataKey: string;
  readonly eventType: N;
  private readonly batch: PointBatch;

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(url: string, options: EventTypePostOptions<N>) {
    this.metadataKey = options.metadataKey;
    this.eventType = options.eventType;
    this.batch = new PointBatch(new Archive(url, options), options.metadataKey, options.strict === true);
  }

  /**
   * Adds a point to the next write.
   * @param ts seconds since 1970-01-01 UTC, with up to six decimals, or a `Date`.
   * Throws a `RangeError` for an invalid time or number.
   */
  addDataPoint(ts: Time, val: PostedValueOf<N>): this {
    this.batch.add(this.eventType, ts, val);
    return this;
  }

  /**
   * Stores all points that were added, in one request and one transaction; the next write begins empty. Throws a
   * `ConflictError` where some were there already (all others are stored), with `strict` a `DroppedError` where some
   * were dropped, another `ArchiveError` where it failed: then nothing is lost, and the same points can be posted
   * again.
   */
  async postData(options: CallOptions = {}): Promise<void> {
    await this.batch.post(options);
  }
}
