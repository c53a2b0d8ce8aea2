import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What was answered to writes that had an `Idempotency-Key`. */
export class Idempotency1795000500000 implements MigrationInterface {
  readonly name = 'Idempotency1795000500000';

  async up(db: QueryRunner): Promise<void> {
    // No foreign keys: an answer is repeated even where what was written to is gone.
    await db.query(`
      CREATE TABLE idempotency (
        caller text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        digest bytea NOT NULL,
        answer json,
        created timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT idempotency_pkey PRIMARY KEY (caller, key)
      )`);
    await db.query('CREATE INDEX idempotency_created ON idempotency (created)');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE idempotency');
  }
}
