import { isStream, refuseStream } from '../data/points-of-stream.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { type StoredValue } from '../event-types/data-types.js';
import { type Actor } from '../storage/access/audit-store.js';
import { type PostedMetadata } from '../metadata/parse-metadata.js';
import { type BackFill } from '../storage/rollups/back-fill.js';
import { ColumnsBySeries } from '../storage/ingest/columns-by-series.js';
import { type ImportStore } from '../storage/ingest/import-store.js';
import { type MetadataStore, type NewMetadata } from '../storage/registry/metadata-store.js';
import { retryWhileStale } from '../storage/ingest/retry-while-stale.js';
import { type WriteRequest } from '../storage/ingest/write-request.js';
import { type SeriesOfMetadata, type SeriesStore } from '../storage/registry/series-store.js';

/** A registered metadata. */
export interface Registered {
  readonly key: string;
  readonly series: SeriesOfMetadata;
  /** Whether the import created it. */
  readonly isNew: boolean;
}

/** A point to import, with the names of its series here. */
export interface ImportedPoint extends StoredValue {
  readonly metadataKey: string;
  readonly eventType: string;
  readonly micros: number;
}

/** How many points of a batch were stored. */
export interface Stored {
  readonly stored: number;
  /** Not stored because their place was taken. */
  readonly there: number;
  /** Older than the cut-off of their series. */
  readonly expired: number;
}

/** The archive that a file is imported into. */
export interface FileTarget {
  /** The data types of the archive's event types. */
  readonly dataTypeOf: DataTypeOf;
  /** Registers a metadata, or extends the one of the same identity. Throws `Invalid`. */
  register(metadata: PostedMetadata, wishedKey?: string): Promise<{ readonly key: string; readonly isNew: boolean }>;
  /** The registered metadata of this identity, unchanged; `undefined` where there is none. */
  peek(metadata: NewMetadata): Promise<{ readonly key: string; readonly series: EventTypes } | undefined>;
  /** The event types of a metadata; `undefined` for an unknown key. Throws `Invalid` for a stream. */
  ofKey(key: string): Promise<EventTypes | undefined>;
  /** Stores the points whose place is free. */
  write(points: readonly ImportedPoint[]): Promise<Stored>;
  /** Counts the points that `write` would store. */
  countNew(points: readonly ImportedPoint[]): Promise<number>;
}

/** The event types of a metadata. */
interface EventTypes {
  has(eventType: string): boolean;
}

/** This archive as the target of imports, which use the stores of ordinary writes. */
export class ImportTarget implements FileTarget {
  /**
   * @param dataTypeOf the data types of this archive's event types.
   * @param by who is recorded as the author of new metadata and as the writer of points.
   */
  constructor(
    private readonly metadata: MetadataStore,
    private readonly series: SeriesStore,
    private readonly imports: ImportStore,
    private readonly backFill: BackFill,
    readonly dataTypeOf: DataTypeOf,
    private readonly by: Actor,
  ) {}

  /**
   * Registers a metadata, or extends the one of the same identity, which keeps its key. A new one gets the wished key
   * unless another metadata has it. Resolves when new summaries of existing points are filled. Throws `Invalid`.
   */
  async register(metadata: NewMetadata, wishedKey?: string): Promise<Registered> {
    const known = await this.metadata.findSame(metadata.identity);
    const isTaken = !known && wishedKey !== undefined && (await this.seriesOf(wishedKey)) !== undefined;
    const wished = isTaken ? undefined : wishedKey;
    const { stored, changed } = await this.metadata.register(
      { ...metadata, ...(wished !== undefined && { key: wished }) },
      this.by,
    );
    // Another process may have registered the same in between.
    const isNew = !known && (wished === undefined || stored.key === wished);
    if (changed && known)
      for (const lacking of await this.backFill.lacking(stored.key)) await this.backFill.run(lacking);
    return { key: stored.key, series: (await this.seriesOf(stored.key)) ?? new Map(), isNew };
  }

  /** The registered metadata of this identity, unchanged; `undefined` where there is none. */
  async peek({ identity }: NewMetadata): Promise<Registered | undefined> {
    const known = await this.metadata.findSame(identity);
    return known && { key: known.key, series: (await this.seriesOf(known.key)) ?? new Map(), isNew: false };
  }

  /** The series of a metadata; `undefined` for an unknown key. Throws `Invalid` for a stream. */
  async ofKey(key: string): Promise<SeriesOfMetadata | undefined> {
    const series = await this.seriesOf(key);
    return series && isStream(series) ? refuseStream(this.metadata, key) : series;
  }

  private async seriesOf(key: string): Promise<SeriesOfMetadata | undefined> {
    return (await this.series.ofMetadata([key])).get(key);
  }

  /**
   * Stores the points whose place is free, in one transaction. Points of series that are gone or not registered are
   * skipped and count as expired.
   * @param timeUpdated the other archive's time-updated, in seconds; now unless given.
   */
  write(points: readonly ImportedPoint[], timeUpdated?: number): Promise<Stored> {
    return retryWhileStale(async () => {
      const request = await this.resolve(points);
      const kept = request.size;
      const stored = await this.imports.write(request, timeUpdated);
      return { stored, there: kept - stored, expired: points.length - kept };
    });
  }

  /** Counts the points that `write` would store. */
  async countNew(points: readonly ImportedPoint[]): Promise<number> {
    return this.imports.countNew(await this.resolve(points));
  }

  /**
   * The points whose series exist here and are not older than their cut-off. An import changes nothing that is here.
   */
  private async resolve(points: readonly ImportedPoint[]): Promise<WriteRequest> {
    const series = await this.series.ofMetadata([...new Set(points.map(({ metadataKey }) => metadataKey))]);
    const kept = new ColumnsBySeries('skip');
    for (const { metadataKey, eventType, micros, ...value } of points) {
      const ref = series.get(metadataKey)?.get(eventType);
      if (ref && micros >= (ref.cutOff ?? -Infinity)) kept.add(ref, micros, value);
    }
    return { columns: kept.columns, size: kept.size, by: this.by };
  }
}
