import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { DiskSpace } from '../../postgres/disk-space.js';
import { type Sql } from '../../postgres/sql.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { type StoredTagged, type TaggedMetadata, TaggedMetadataStore } from '../registry/tagged-metadata-store.js';
import { DatabaseStore } from './database-store.js';
import { FieldStore, type FieldType, FieldTypes } from './field-store.js';

/** The fields of a measurement with a set of tags, as lines have them. */
export interface WantedSeries {
  readonly measurement: string;
  /** Sorted by key. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Their types are taken where the measurement does not have the field yet. */
  readonly fields: ReadonlyMap<string, FieldType>;
}

/** The metadata of a measurement with a set of tags: its series by field, whose data types may be others than wanted. */
export type FieldSeries = StoredTagged;

/** What a registration may do. */
export interface RegisterOptions {
  /** Whether an unknown database is created. */
  readonly mayCreate: boolean;
  /** The maximum of metadata in a database. */
  readonly seriesLimit: number;
}

/** A wanted one with its metadata. */
interface Wanted extends WantedSeries, TaggedMetadata {
  readonly hex: string;
}

/** The number of metadata that are looked up and registered at a time: their parameters take a megabyte. */
const SLICE_SIZE = 5000;

/** Finds and registers the series of the line protocol. */
@Injectable()
export class FieldSeriesStore {
  /** The last registration of each database that is writing: others wait for it without a connection. */
  private readonly writing = new Map<string, Promise<unknown>>();

  constructor(
    private readonly db: Database,
    private readonly disk: DiskSpace,
    private readonly databases: DatabaseStore,
    private readonly fields: FieldStore,
    private readonly metadata: TaggedMetadataStore,
  ) {}

  /**
   * Finds these series in their order, and registers those that are missing; a metadata that would be beyond the limit is
   * `undefined`. One transaction for each 5,000; safe against others that register the same at the same time. If nothing
   * is missing it only reads. Throws `UnknownDatabase`, and what `DatabaseStore.create` throws.
   * @param by who is recorded in the audit: one record for each transaction.
   */
  async register(
    database: string,
    wanted: readonly WantedSeries[],
    by: Actor,
    options: RegisterOptions,
  ): Promise<(FieldSeries | undefined)[]> {
    const found: (FieldSeries | undefined)[] = [];
    let isFull = false;
    for (let begin = 0; begin < wanted.length; begin += SLICE_SIZE) {
      const slice = wanted.slice(begin, begin + SLICE_SIZE).map((one) => identified(database, one));
      let stored = await this.metadata.find(this.db, slice);
      if (slice.some((one) => lacks(stored.get(one.hex), one, isFull))) {
        stored = await this.inTurn(database, () => this.write(database, slice, by, options));
        isFull = slice.some(({ hex }) => !stored.has(hex));
      }
      for (const { hex } of slice) found.push(stored.get(hex));
    }
    return found;
  }

  private async inTurn<T>(database: string, work: () => Promise<T>): Promise<T> {
    const before = this.writing.get(database) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(work);
    this.writing.set(database, turn);
    try {
      return await turn;
    } finally {
      if (this.writing.get(database) === turn) this.writing.delete(database);
    }
  }

  private async write(
    database: string,
    wanted: readonly Wanted[],
    by: Actor,
    { mayCreate, seriesLimit }: RegisterOptions,
  ): Promise<Map<string, FieldSeries>> {
    await this.disk.check();
    return this.db.retrying(async (sql) => {
      const summaries = await this.databases.hold(sql, database, by, mayCreate);
      const numbers = await this.metadata.hold(sql, wanted);
      const missing = new Map(wanted.filter(({ hex }) => !numbers.has(hex)).map((one) => [one.hex, one]));
      const added = await this.addMetadata(sql, database, [...missing.values()], seriesLimit);
      for (const [hex, number] of added) numbers.set(hex, number);
      const series = wanted.flatMap(({ hex, measurement, fields }) => {
        const metadata = numbers.get(hex);
        return metadata === undefined ? [] : [...fields].map(([name, type]) => ({ metadata, measurement, name, type }));
      });
      const types = await this.fields.register(sql, database, FieldTypes.of(series));
      const ofRegistry = series.map(({ metadata, measurement, name, type }) => {
        return { metadata, eventType: name, dataType: types.get({ measurement, name }) ?? type };
      });
      const fields = await this.metadata.insertSeries(sql, ofRegistry, summaries);
      if (added.size + fields > 0)
        await recordAudit(sql, by, 'series created', database, { metadata: added.size, fields });
      return this.metadata.find(sql, wanted);
    });
  }

  /** Stores as many of these metadata as the limit has room for, the first of them. */
  private async addMetadata(
    sql: Sql,
    database: string,
    missing: readonly Wanted[],
    limit: number,
  ): Promise<Map<string, number>> {
    if (missing.length === 0) return new Map();
    const room = limit - (await this.metadata.count(sql, database, limit));
    return room > 0 ? this.metadata.insert(sql, missing.slice(0, room)) : new Map();
  }
}

/** The identity is exact: upper and lower case differ, as they do in InfluxDB. */
function identified(database: string, { measurement, tags, fields }: WantedSeries): Wanted {
  const identity = createHash('sha256')
    .update(JSON.stringify(['series', database, measurement, tags]))
    .digest();
  const parameters = {
    database,
    measurement,
    ...Object.fromEntries(tags.map(([key, value]) => [`tag.${key}`, value])),
  };
  return { measurement, tags, fields, identity, hex: identity.toString('hex'), parameters };
}

/** Whether something of a metadata is to be registered. @param isFull whether there is room for fields only. */
function lacks(stored: StoredTagged | undefined, { fields }: WantedSeries, isFull: boolean): boolean {
  if (!stored) return !isFull;
  for (const name of fields.keys()) if (!stored.series.has(name)) return true;
  return false;
}
