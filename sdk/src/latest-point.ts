import { DataPoint } from './data-point.js';
import { type LatestPoint as DocumentedPoint } from './generated/index.js';
import { type JsonValue } from './json-value.js';
import { microsOf } from './time.js';

/** An element of `/api/v1/latest` as sent by the archive. Parts of some values are any JSON. */
export type WireLatestPoint = Omit<DocumentedPoint, 'val'> & { val: JsonValue };

/** The newest point of an event type of a metadata. */
export class LatestPoint {
  readonly metadataKey: string;
  readonly eventType: string;
  /** `undefined` for a stream of a session, which has no tool either. */
  readonly source: string | undefined;
  /** `undefined` for a network element. */
  readonly destination: string | undefined;
  readonly toolName: string | undefined;
  /** The point itself. */
  readonly point: DataPoint;
  /** Seconds from the point to now, by the archive's clock; negative for a point of the future. */
  readonly age: number;
  /** Seconds from point to point, the median of the newest ones; `undefined` where there is only one point. */
  readonly cadence: number | undefined;

  constructor(private readonly wire: WireLatestPoint) {
    this.metadataKey = wire['metadata-key'];
    this.eventType = wire['event-type'];
    this.source = wire.source;
    this.destination = wire.destination;
    this.toolName = wire['tool-name'];
    this.point = new DataPoint(microsOf(wire.ts), wire.val);
    this.age = wire.age;
    this.cadence = wire.cadence ?? undefined;
  }

  /** The element as the archive has it. */
  toJSON(): WireLatestPoint {
    return { ...this.wire };
  }
}
