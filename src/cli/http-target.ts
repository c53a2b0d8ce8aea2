import {
  ApiConnect,
  ConflictError,
  DroppedError,
  EventTypeBulkPost,
  type EventTypeInfo,
  type JsonValue,
  MetadataPost,
} from 'marigram-client';
import { builtInDataType, type DataTypeOf } from '../event-types/catalogue.js';
import { eventTypesOf } from './event-types-of.js';
import { DATA_TYPES, type DataTypeName } from '../event-types/data-types.js';
import { MICROS_PER_SECOND } from '../common/time.js';
import { type FileTarget, type ImportedPoint, type Stored } from '../import/target.js';
import { type PostedMetadata } from '../metadata/parse-metadata.js';

/** The archive to write to, and the key. */
export interface Destination {
  readonly url: string;
  readonly apiKey: string;
}

/**
 * An archive that a file is written to over HTTP. Each request is repeated under its own `Idempotency-Key` after a
 * transient failure. All methods throw an `ArchiveError` where there is no answer, or a refusal.
 */
export class HttpTarget implements FileTarget {
  /** The event types of the archive, once `lookUpTypes` has asked for them. */
  private declared: ReadonlyMap<string, EventTypeInfo> = new Map();

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(private readonly to: Destination) {
    new ApiConnect(to.url, {}, { apiKey: to.apiKey });
  }

  readonly dataTypeOf: DataTypeOf = (name) => builtInDataType(name) ?? this.declared.get(name)?.dataType;

  /** Learns which event types the archive has beside the built-in ones. */
  async lookUpTypes(): Promise<void> {
    this.declared = await eventTypesOf(new ApiConnect(this.to.url, {}, { apiKey: this.to.apiKey }));
  }

  /** Registers a metadata, or extends the one that is there. The archive chooses the key; one without points is new. */
  async register(metadata: PostedMetadata): Promise<{ key: string; isNew: boolean }> {
    const post = new MetadataPost(this.to.url, { apiKey: this.to.apiKey, ...subjectOf(metadata) });
    for (const [name, value] of Object.entries(metadata.parameters)) post.addFreeformKeyValue(name, value);
    for (const name of metadata.eventTypes.keys()) post.addEventType(name);
    const stored = await post.postMetadata();
    const isNew = stored.getAllEventTypes().every(({ timeUpdated }) => timeUpdated === undefined);
    return { key: stored.metadataKey, isNew };
  }

  /** Asks only for series that are written: checking the file tells nothing about the archive. */
  peek(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** The event types of a metadata; `undefined` for an unknown key. */
  async ofKey(key: string): Promise<ReadonlySet<string> | undefined> {
    const search = new ApiConnect(this.to.url, { 'metadata-key': key }, { apiKey: this.to.apiKey });
    for await (const metadata of search.getMetadata()) return new Set(metadata.eventTypes);
    return undefined;
  }

  /** As many as there are: see `peek`. */
  countNew(points: readonly ImportedPoint[]): Promise<number> {
    return Promise.resolve(points.length);
  }

  /** Stores points; those of one metadata in one transaction. Stored numbers stay as they are. */
  async write(points: readonly ImportedPoint[]): Promise<Stored> {
    const posts = new Map<string, { readonly post: EventTypeBulkPost; count: number }>();
    for (const { metadataKey, eventType, micros, ...value } of points) {
      const known = posts.get(metadataKey);
      const { post, count } = known ?? {
        post: new EventTypeBulkPost(this.to.url, { apiKey: this.to.apiKey, metadataKey, strict: true }),
        count: 0,
      };
      post.addDataPoint<string>(eventType, micros / MICROS_PER_SECOND, wireValueOf(this.dataTypeOf(eventType), value));
      posts.set(metadataKey, { post, count: count + 1 });
    }
    const sum = { stored: 0, there: 0, expired: 0 };
    for (const { post, count } of posts.values()) {
      const { stored, dropped } = await outcomeOf(post, count);
      sum.stored += stored;
      sum.expired += dropped;
      sum.there += count - stored - dropped;
    }
    return sum;
  }
}

/** How many points of a request were stored and how many dropped; the others were there. */
async function outcomeOf(post: EventTypeBulkPost, count: number): Promise<{ stored: number; dropped: number }> {
  try {
    await post.postData();
    return { stored: count, dropped: 0 };
  } catch (error) {
    if (error instanceof ConflictError || error instanceof DroppedError) return error;
    throw error;
  }
}

function subjectOf({ subjectType, source, destination, ...fields }: PostedMetadata) {
  const { measurementAgent, toolName, inputSource, inputDestination } = fields;
  const common = { source, measurementAgent, toolName, inputSource };
  return subjectType === 'point-to-point' && destination !== null
    ? ({ ...common, subjectType, destination, inputDestination: inputDestination ?? undefined } as const)
    : ({ ...common, subjectType: 'network-element' } as const);
}

/** A value as it is posted: a share by its parts, everything else as it is read. */
function wireValueOf(
  dataType: DataTypeName | undefined,
  stored: Omit<ImportedPoint, 'metadataKey' | 'eventType' | 'micros'>,
): JsonValue {
  const { value, denominator } = stored;
  if (denominator !== null) return { numerator: value, denominator };
  // What was encoded is JSON.
  return dataType === undefined ? value : (JSON.parse(DATA_TYPES[dataType].encode(stored)) as JsonValue);
}
