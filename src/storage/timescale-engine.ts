import { MICROS_PER_SECOND } from '../common/time.js';
import { type Hypertable, HYPERTABLES, type Queryable, type StorageEngine } from './engine.js';

/**
 * Hypertables of TimescaleDB. Only what its Apache-licensed build can do is used: no policies, no compression, no
 * continuous aggregates. Its chunks are aligned to 1970 and numbered from there.
 */
export class TimescaleEngine implements StorageEngine {
  readonly name = 'timescale';

  constructor(private readonly chunkSeconds: number) {}

  async createHypertable(db: Queryable, table: Hypertable): Promise<void> {
    await db.query(
      `SELECT create_hypertable($1::regclass, by_range($2::name, make_interval(secs => $3)),
                                create_default_indexes => false)`,
      [table, HYPERTABLES[table], this.chunkSeconds],
    );
  }

  chunkOf(micros: number): number {
    return Math.floor(micros / (this.chunkSeconds * MICROS_PER_SECOND));
  }

  async chunks(db: Queryable, table: Hypertable): Promise<number[]> {
    const { rows } = await db.query<{ begin: number }>(
      `SELECT extract(epoch FROM range_start)::float8 AS begin
       FROM timescaledb_information.chunks WHERE hypertable_name = $1`,
      [table],
    );
    return rows.map(({ begin }) => this.chunkOf(begin * MICROS_PER_SECOND));
  }

  /** TimescaleDB makes a chunk when the first row for it arrives. */
  createChunk(): Promise<void> {
    return Promise.resolve();
  }
}
