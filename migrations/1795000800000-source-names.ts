import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Sources that have no address, and are known by a name. */
export class SourceNames1795000800000 implements MigrationInterface {
  readonly name = 'SourceNames1795000800000';

  async up(db: QueryRunner): Promise<void> {
    // A column of its own: addresses stay `inet`, compared by value and found by their index.
    await db.query(`
      ALTER TABLE metadata
        ALTER COLUMN source DROP NOT NULL,
        ADD COLUMN source_name text,
        ADD CONSTRAINT metadata_one_source CHECK (num_nonnulls(source, source_name) = 1)`);
    await db.query('CREATE INDEX metadata_source_name ON metadata (lower(source_name)) WHERE source_name IS NOT NULL');
  }

  /** Fails where there are sources that have no address: the older schema has no place for them. */
  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE metadata
        DROP CONSTRAINT metadata_one_source, ALTER COLUMN source SET NOT NULL, DROP COLUMN source_name`);
  }
}
