import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Sensors are found and listed by their ids. */
export class Sensors1795001600000 implements MigrationInterface {
  readonly name = 'Sensors1795001600000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE UNIQUE INDEX metadata_sensor ON metadata (((parameters ->> 'sensor') COLLATE "C"))
      WHERE subject_type = 'sensor'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX metadata_sensor');
  }
}
