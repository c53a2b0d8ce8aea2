import { unlike } from './answer.js';
import { Archive } from './archive.js';
import { type ConnectionOptions } from './connection-options.js';
import { type SummaryType, type SummaryTypeOf } from './data-types.js';
import { createMetadata, type NewEventType, type NewMetadata, type NewSummary } from './generated/index.js';
import { newIdempotencyKey } from './idempotency-key.js';
import { Metadata } from './metadata.js';
import { type CallOptions } from './read-options.js';
import { type EventTypeName } from './values.js';

interface CommonFields {
  /** The address of the host that measured. */
  measurementAgent: string;
  source: string;
  toolName?: string | undefined;
  /** The name that was given to the tool. */
  inputSource?: string | undefined;
  /** Seconds. */
  timeDuration?: number | string | undefined;
  ipTransportProtocol?: string | undefined;
}

/** A subject between two hosts. */
export interface PointToPoint extends CommonFields {
  subjectType: 'point-to-point';
  destination: string;
  inputDestination?: string | undefined;
}

/** A subject that is one host. */
export interface NetworkElement extends CommonFields {
  /** The address, or a name where it has none, such as `web01`. */
  source: string;
  subjectType: 'network-element';
}

/** What a metadata says, and where to post it. Addresses are IPv4 or IPv6. */
export type MetadataPostOptions = ConnectionOptions & (PointToPoint | NetworkElement);

/** Registers a metadata, or extends a known one by event types and summaries. */
export class MetadataPost {
  private readonly archive: Archive;
  private readonly fields: Omit<NewMetadata, 'event-types'>;
  /** The summaries asked for, by event type. */
  private readonly eventTypes = new Map<string, NewSummary[]>();

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(url: string, options: MetadataPostOptions) {
    this.archive = new Archive(url, options);
    const pair = options.subjectType === 'point-to-point' ? options : undefined;
    this.fields = {
      'subject-type': options.subjectType,
      source: options.source,
      destination: pair?.destination,
      'measurement-agent': options.measurementAgent,
      'tool-name': options.toolName,
      'input-source': options.inputSource,
      'input-destination': pair?.inputDestination,
      'time-duration': options.timeDuration,
      'ip-transport-protocol': options.ipTransportProtocol,
    };
  }

  /** Says that points of this event type will come. */
  // A union with `string` would swallow the names, which editors suggest.
  addEventType(eventType: EventTypeName | (string & {})): this {
    if (!this.eventTypes.has(eventType)) this.eventTypes.set(eventType, []);
    return this;
  }

  /**
   * Asks for summaries of an event type, which is added with them where that has not been done.
   * @param windows seconds, each for a summary of its own; 0 for one of each point.
   */
  addSummaryType<N extends EventTypeName>(eventType: N, type: SummaryTypeOf<N>, windows: readonly number[]): this;
  addSummaryType<N extends string>(eventType: N, type: SummaryTypeOf<N>, windows: readonly number[]): this;
  addSummaryType(eventType: string, type: SummaryType, windows: readonly number[]): this {
    const asked = windows.map((window) => ({ 'summary-type': type, 'summary-window': window }));
    this.eventTypes.set(eventType, [...(this.eventTypes.get(eventType) ?? []), ...asked]);
    return this;
  }

  /** Adds a parameter, by its name in the archive (`ip-tos`). The archive keeps it as a text. */
  addFreeformKeyValue(name: string, value: string | number | boolean): this {
    this.fields[name] = value;
    return this;
  }

  /**
   * Posts the metadata. The same metadata gives the same key each time, so that this may be done before each point.
   * @returns the metadata with its key, and with everything that was registered for it before. Throws an
   * `ArchiveError`, or the reason of `options.signal`.
   */
  async postMetadata({ signal }: CallOptions = {}): Promise<Metadata> {
    const headers = { 'Idempotency-Key': newIdempotencyKey() };
    const body = this.body();
    return this.archive.run(async (core) => {
      const { data, response } = await createMetadata({ ...core, headers, body });
      if (typeof (data as unknown as Partial<typeof data>)['metadata-key'] !== 'string')
        throw unlike('a metadata', response, 'POST');
      return new Metadata({ archive: this.archive, filters: {} }, data);
    }, signal);
  }

  /** The metadata as it is posted. */
  toJSON(): Record<string, unknown> {
    return this.body();
  }

  private body(): NewMetadata {
    const eventTypes = [...this.eventTypes].map(([eventType, summaries]): NewEventType => ({
      'event-type': eventType,
      summaries,
    }));
    // Said again for the compiler, which loses the names of the fields to those of any parameters.
    return { ...(this.fields as NewMetadata), 'event-types': eventTypes };
  }
}
