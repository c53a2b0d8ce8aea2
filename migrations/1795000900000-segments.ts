import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { SEGMENT_FUNCTIONS } from './segment-functions.js';

/**
 * Segments: many points of a series packed into one row, as a plain empty table that the storage engine turns into a
 * hypertable. The functions decode its data within PostgreSQL; docs/storage.md describes the bytes.
 */
export class Segments1795000900000 implements MigrationInterface {
  readonly name = 'Segments1795000900000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE segment (
        series integer NOT NULL,
        first timestamptz NOT NULL,
        row integer NOT NULL DEFAULT 0,
        last timestamptz NOT NULL,
        points integer NOT NULL,
        longest_gap bigint NOT NULL,
        codec smallint NOT NULL,
        data bytea NOT NULL,
        CONSTRAINT segment_pkey PRIMARY KEY (series, first, row)
      )`);
    // Packed documents of some 100 kB are compressed five times as fast; not every PostgreSQL is built with it.
    await db.query(`
      DO $$ BEGIN
        ALTER TABLE segment ALTER COLUMN data SET COMPRESSION lz4;
      EXCEPTION WHEN feature_not_supported THEN NULL;
      END $$`);
    for (const text of SEGMENT_FUNCTIONS) await db.query(text);
  }

  async down(db: QueryRunner): Promise<void> {
    // It was created together with the hypertables.
    await db.query('DROP VIEW IF EXISTS points');
    await db.query(`
      DROP FUNCTION unpack_segment, segment_has_point,
        segment_times, segment_numbers, segment_doubles, segment_integers, segment_int64`);
    await db.query('DROP TABLE segment');
  }
}
