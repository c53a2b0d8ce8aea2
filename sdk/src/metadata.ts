import { EventType } from './event-type.js';
import { type FoundMetadata as WireMetadata } from './generated/index.js';
import { type Source } from './source.js';
import { type EventTypeName } from './values.js';

/** Who measured what between whom: a subject, its event types, and any parameters. Parameters are texts. */
export class Metadata {
  /** @internal */
  constructor(
    private readonly origin: Source,
    private readonly wire: WireMetadata,
  ) {}

  /** The address; `undefined` for a network element, as `inputDestination`. */
  get destination(): string | undefined {
    return this.getFreeformKeyValue('destination');
  }

  /** The names of its event types, sorted. */
  get eventTypes(): string[] {
    return this.wire['event-types'].map((one) => one['event-type']);
  }

  /** The name that was given to the tool. */
  get inputDestination(): string | undefined {
    return this.getFreeformKeyValue('input-destination');
  }

  get inputSource(): string | undefined {
    return this.getFreeformKeyValue('input-source');
  }

  get ipPacketInterval(): string | undefined {
    return this.getFreeformKeyValue('ip-packet-interval');
  }

  get measurementAgent(): string | undefined {
    return this.getFreeformKeyValue('measurement-agent');
  }

  /** The archive's name for this metadata. */
  get metadataKey(): string {
    return this.wire['metadata-key'];
  }

  get sampleBucketWidth(): string | undefined {
    return this.getFreeformKeyValue('sample-bucket-width');
  }

  /** The address. */
  get source(): string | undefined {
    return this.getFreeformKeyValue('source');
  }

  get subjectType(): string {
    return this.wire['subject-type'];
  }

  /** How long a measurement takes, as it was posted. */
  get timeDuration(): string | undefined {
    return this.getFreeformKeyValue('time-duration');
  }

  get toolName(): string | undefined {
    return this.getFreeformKeyValue('tool-name');
  }

  /** Its path on the archive's host. */
  get uri(): string {
    return this.wire.uri;
  }

  /** A parameter, or any other field that is a text, by its name in the archive; `undefined` if there is none. */
  getFreeformKeyValue(name: string): string | undefined {
    const wireName = name.replaceAll('_', '-');
    const value: unknown = Object.hasOwn(this.wire, wireName) ? this.wire[wireName] : undefined;
    return typeof value === 'string' ? value : undefined;
  }

  /** All event types, sorted by name. */
  getAllEventTypes(): EventType[] {
    return this.wire['event-types'].map((one) => new EventType(this.origin, this.metadataKey, one));
  }

  /** One event type, `undefined` where the metadata does not have it. What its values are follows from its name. */
  getEventType<N extends EventTypeName>(name: N): EventType<N> | undefined;
  getEventType(name: string): EventType | undefined;
  getEventType(name: string): EventType | undefined {
    const found = this.wire['event-types'].find((one) => one['event-type'] === name);
    return found && new EventType(this.origin, this.metadataKey, found);
  }

  /** The metadata as the archive has it. */
  toJSON(): Record<string, unknown> {
    return { ...this.wire };
  }
}
