import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What an import brings beside points: bins of summaries whose points are gone, and how far it has come. */
export class Import1795000600000 implements MigrationInterface {
  readonly name = 'Import1795000600000';

  async up(db: QueryRunner): Promise<void> {
    // A table of its own, not columns of `rollup`: those bins are merged by each write, these by none. A plain one:
    // what another archive has left of summaries is little beside points.
    await db.query(`
      CREATE TABLE sealed_bin (
        series integer NOT NULL,
        type text NOT NULL,
        window_seconds bigint NOT NULL,
        bin timestamptz NOT NULL,
        value json NOT NULL,
        CONSTRAINT sealed_bin_pkey PRIMARY KEY (series, type, window_seconds, bin),
        CONSTRAINT sealed_bin_summary FOREIGN KEY (series, type, window_seconds)
          REFERENCES summary (series, type, window_seconds) ON DELETE CASCADE
      )`);
    // It goes with its series: what was deleted here is read anew by the next import.
    await db.query(`
      CREATE TABLE import_progress (
        source text NOT NULL,
        series integer NOT NULL CONSTRAINT import_progress_series REFERENCES series ON DELETE CASCADE,
        type text NOT NULL,
        window_seconds bigint NOT NULL,
        through timestamptz NOT NULL,
        CONSTRAINT import_progress_pkey PRIMARY KEY (series, source, type, window_seconds)
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE import_progress');
    await db.query('DROP TABLE sealed_bin');
  }
}
