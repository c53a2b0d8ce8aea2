import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Databases of the line protocol, and the types of their fields. */
export class Databases1795001400000 implements MigrationInterface {
  readonly name = 'Databases1795001400000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE database (
        name text COLLATE "C" CONSTRAINT database_pkey PRIMARY KEY,
        summaries jsonb NOT NULL,
        username text NOT NULL,
        created timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await db.query(`
      CREATE TABLE field (
        database text COLLATE "C" NOT NULL CONSTRAINT field_database REFERENCES database ON DELETE CASCADE,
        measurement text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        data_type text NOT NULL,
        unit text,
        created timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT field_pkey PRIMARY KEY (database, measurement, name)
      )`);
    await db.query('ALTER TABLE series ADD COLUMN replaces boolean NOT NULL DEFAULT false');
    await db.query(`
      CREATE INDEX metadata_database ON metadata ((parameters ->> 'database')) WHERE subject_type = 'series'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX metadata_database');
    await db.query('ALTER TABLE series DROP COLUMN replaces');
    await db.query('DROP TABLE field, database');
  }
}
