import { type TestArchive } from './archive.js';

const TABLES = [
  [
    'metadata, series, summary, back_fill, sealed_bin, import_progress, session, session_stream, luna_upload, annotation',
    'rule, rule_state, event',
  ].join(', '),
  'database, field',
  // Hypertables, which TimescaleDB truncates only on their own.
  ...['point', 'segment', 'rollup'],
];

/** Removes everything that was registered and stored, and the rows of the other tables that are named. */
export async function empty(archive: TestArchive, ...others: string[]): Promise<void> {
  for (const table of [...TABLES, ...others]) await archive.query(`TRUNCATE ${table}`);
}
