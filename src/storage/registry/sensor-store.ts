import { Injectable } from '@nestjs/common';
import { Invalid } from '../../common/errors.js';
import { Database } from '../../postgres/database.js';
import { selectMetadata, type StoredMetadata } from './metadata-store.js';
import { ReadThroughCache } from './read-through-cache.js';
import { SENSOR } from './subject-store.js';

/** There are as many sensors as there may be (`MAX_SENSORS`). */
export class TooManySensors extends Invalid {
  constructor(most: number) {
    super(`sensor: there are ${most} sensors already, and no more may be registered (MAX_SENSORS)`);
  }
}

/** What a sensor is known by. */
export interface SensorRef {
  readonly metadataKey: string;
}

/** The condition that the index `metadata_sensor` is for, on a metadata `m`. */
const IS_SENSOR = `m.subject_type = '${SENSOR}'`;

/** The id of the sensor `m`: as the index has it. */
const ID = `(m.parameters ->> 'sensor') COLLATE "C"`;

/**
 * Servers that may register sensors at a time. Each takes its part of the room that is left, and counts again when that is
 * used up: to count a million sensors takes a tenth of a second.
 */
const SERVERS = 16;

/** The SQL on sensors. Reads ask the primary. */
@Injectable()
export class SensorStore {
  /** The number of registrations that need no count. */
  private room = 0;

  constructor(private readonly db: Database) {}

  /** These sensors by id; those that are not there are missing. */
  async find(ids: readonly string[]): Promise<Map<string, SensorRef>> {
    const { rows } = await this.db.query<{ id: string } & SensorRef>({
      name: 'sensor-find',
      text: `SELECT ${ID} AS id, m.key AS "metadataKey" FROM metadata m WHERE ${IS_SENSOR} AND ${ID} = ANY ($1::text[])`,
      values: [ids],
    });
    return new Map(rows.map(({ id, metadataKey }) => [id, { metadataKey }]));
  }

  /** A sensor with its labels; `undefined` where there is none. */
  async stored(id: string): Promise<StoredMetadata | undefined> {
    const text = `${selectMetadata('metadata')} WHERE ${IS_SENSOR} AND ${ID} = $1`;
    return (await this.db.query<StoredMetadata>({ name: 'sensor-stored', text, values: [id] })).rows[0];
  }

  /** At most `limit` sensors behind an id, in the order of their ids. */
  async list(after: string, limit: number): Promise<StoredMetadata[]> {
    const page = `(SELECT * FROM metadata m WHERE ${IS_SENSOR} AND ${ID} > $1 ORDER BY ${ID} LIMIT $2)`;
    const text = `${selectMetadata(page)} ORDER BY ${ID}`;
    return (await this.db.query<StoredMetadata>({ name: 'sensor-list', text, values: [after, limit] })).rows;
  }

  /** Throws `TooManySensors` where a sensor is not there and there are `most` others, but for those of this moment. */
  async checkRoom(id: string, most: number): Promise<void> {
    if ((await this.find([id])).size > 0 || this.room-- > 0) return;
    const { rows } = await this.db.query<{ count: number }>({
      name: 'sensor-count',
      text: `SELECT count(*)::int FROM metadata m WHERE ${IS_SENSOR}`,
    });
    const left = most - (rows[0]?.count ?? 0);
    if (left <= 0) throw new TooManySensors(most);
    this.room = Math.floor((left - 1) / SERVERS);
  }
}

/** The number of sensors that are cached. */
const CACHE_SIZE = 100_000;

/** Caches which metadata the sensors have. One may be stale: its metadata may have been deleted. */
@Injectable()
export class SensorCache extends ReadThroughCache<SensorRef> {
  constructor(store: SensorStore) {
    super(CACHE_SIZE, (ids) => store.find(ids));
  }
}
