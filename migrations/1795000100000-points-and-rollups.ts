import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Points and the rollups of them, as plain empty tables: the storage engine turns them into hypertables right after
 * the first migration. No foreign keys: they cost up to 30 % of insert speed and lock `series` for each new chunk.
 */
export class PointsAndRollups1795000100000 implements MigrationInterface {
  readonly name = 'PointsAndRollups1795000100000';

  async up(db: QueryRunner): Promise<void> {
    // `json`, not `jsonb`: a document is returned byte for byte.
    await db.query(`
      CREATE TABLE point (
        series integer NOT NULL,
        ts timestamptz NOT NULL,
        value float8,
        denominator float8,
        document json,
        CONSTRAINT point_pkey PRIMARY KEY (series, ts)
      )`);
    await db.query(`
      CREATE TABLE rollup (
        series integer NOT NULL,
        window_seconds bigint NOT NULL,
        bin timestamptz NOT NULL,
        count bigint NOT NULL,
        sum numeric,
        sum_of_squares numeric,
        min float8,
        max float8,
        denominator_sum numeric,
        histogram jsonb,
        CONSTRAINT rollup_pkey PRIMARY KEY (series, window_seconds, bin)
      )`);
    // The bins that a summary registered late still lacks: see BackFillStore.
    await db.query(`
      CREATE TABLE back_fill (
        series integer NOT NULL CONSTRAINT back_fill_series REFERENCES series ON DELETE CASCADE,
        window_seconds bigint NOT NULL,
        next_bin timestamptz NOT NULL,
        partial boolean NOT NULL,
        CONSTRAINT back_fill_pkey PRIMARY KEY (series, window_seconds)
      )`);
    await db.query(`
      CREATE TABLE storage_info (
        id smallint CONSTRAINT storage_info_pkey PRIMARY KEY CONSTRAINT storage_info_one_row CHECK (id = 1),
        engine text NOT NULL,
        chunk_seconds integer NOT NULL
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    // One by one: TimescaleDB drops a hypertable only on its own.
    for (const table of ['storage_info', 'back_fill', 'rollup', 'point']) await db.query(`DROP TABLE ${table}`);
  }
}
