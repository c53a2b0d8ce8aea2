import { MICROS_PER_SECOND } from '../../common/time.js';
import { type StorageEngine } from './engine.js';
import { type Hypertable, HYPERTABLES } from './hypertables.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

/**
 * Hypertables of TimescaleDB, within the limits of its Apache-licensed build: no policies, no compression, no continuous
 * aggregates. Chunks are aligned to 1970 and numbered from there.
 */
export class TimescaleEngine implements StorageEngine {
  readonly name = 'timescale';

  constructor(readonly chunkSeconds: number) {}

  async isHypertable(sql: Sql, table: Hypertable): Promise<boolean> {
    const text = 'SELECT EXISTS (SELECT FROM timescaledb_information.hypertables WHERE hypertable_name = $1) AS is';
    return (await sql.query<{ is: boolean }>(text, [table])).rows[0]?.is ?? false;
  }

  async createHypertable(sql: Sql, table: Hypertable): Promise<void> {
    await sql.query(
      `SELECT create_hypertable($1::regclass, by_range($2::name, make_interval(secs => $3)),
                                create_default_indexes => false)`,
      [table, HYPERTABLES[table].time, this.chunkSeconds],
    );
  }

  chunkOf(micros: number): number {
    return Math.floor(micros / (this.chunkSeconds * MICROS_PER_SECOND));
  }

  boundsOf(chunk: number): { begin: number; end: number } {
    const length = this.chunkSeconds * MICROS_PER_SECOND;
    return { begin: chunk * length, end: (chunk + 1) * length };
  }

  async chunks(sql: Sql, table: Hypertable): Promise<number[]> {
    const { rows } = await sql.query<{ begin: number }>(
      `SELECT extract(epoch FROM range_start)::float8 AS begin
       FROM timescaledb_information.chunks WHERE hypertable_name = $1`,
      [table],
    );
    return rows.map(({ begin }) => this.chunkOf(begin * MICROS_PER_SECOND));
  }

  /** TimescaleDB creates a chunk when the first row for it arrives. */
  createChunk(): Promise<void> {
    return Promise.resolve();
  }

  async chunkTable(sql: Sql, table: Hypertable, chunk: number): Promise<string | undefined> {
    const { rows } = await sql.query<{ name: string }>(
      `SELECT format('%I.%I', chunk_schema, chunk_name) AS name FROM timescaledb_information.chunks
       WHERE hypertable_name = $1 AND range_start = $2`,
      [table, timestampOf(this.boundsOf(chunk).begin)],
    );
    return rows[0]?.name;
  }

  async dropChunk(sql: Sql, table: Hypertable, chunk: number): Promise<void> {
    const { begin, end } = this.boundsOf(chunk);
    await sql.query('SELECT drop_chunks($1::regclass, $2::timestamptz, $3::timestamptz)', [
      table,
      timestampOf(end),
      timestampOf(begin),
    ]);
  }
}
