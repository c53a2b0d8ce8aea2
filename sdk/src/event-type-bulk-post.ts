import { Archive } from './archive.js';
import { type ConnectionOptions } from './connection-options.js';
import { type PostedValueOf } from './data-types.js';
import { PointBatch, type StrictOption } from './point-batch.js';
import { type CallOptions } from './read-options.js';
import { type Time } from './time.js';
import { type EventTypeName } from './values.js';

/** Where points belong. */
export interface EventTypeBulkPostOptions extends ConnectionOptions, StrictOption {
  /** The key of a metadata that lists the event types: points of any other are dropped by the archive. */
  metadataKey: string;
}

/** Posts points of several event types of one metadata. */
export class EventTypeBulkPost {
  readonly metadataKey: string;
  private readonly batch: PointBatch;

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(url: string, options: EventTypeBulkPostOptions) {
    this.metadataKey = options.metadataKey;
    this.batch = new PointBatch(new Archive(url, options), options.metadataKey, options.strict === true);
  }

  /**
   * Adds a point to the next write.
   * @param ts seconds since 1970-01-01 UTC, with up to six decimals, or a `Date`.
   * Throws a `RangeError` for an invalid time or number.
   */
  addDataPoint<N extends EventTypeName>(eventType: N, ts: Time, val: PostedValueOf<N>): this;
  addDataPoint<N extends string>(eventType: N, ts: Time, val: PostedValueOf<N>): this;
  addDataPoint(eventType: string, ts: Time, val: unknown): this {
    this.batch.add(eventType, ts, val);
    return this;
  }

  /** Stores all points that were added; see `EventTypePost.postData`. */
  async postData(options: CallOptions = {}): Promise<void> {
    await this.batch.post(options);
  }
}
