import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Event types that an admin has declared. */
export class EventTypes1795000700000 implements MigrationInterface {
  readonly name = 'EventTypes1795000700000';

  async up(db: QueryRunner): Promise<void> {
    // `series` does not refer to it: the built-in event types are no rows.
    await db.query(`
      CREATE TABLE event_type (
        name text COLLATE "C" CONSTRAINT event_type_pkey PRIMARY KEY,
        data_type text NOT NULL,
        unit text,
        description text NOT NULL,
        created timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE event_type');
  }
}
