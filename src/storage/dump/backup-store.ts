import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import copy from 'pg-copy-streams';
import { Database } from '../../postgres/database.js';
import { ANNOTATION_TABLES } from '../annotations/tables.js';
import { ACCESS_TABLES } from '../access/tables.js';
import { DATABASE_TABLES } from '../databases/tables.js';
import { EVENT_TABLES } from '../events/tables.js';
import { POINT_TABLES } from '../points/tables.js';
import { REGISTRY_TABLES } from '../registry/tables.js';
import { ROLLUP_TABLES } from '../rollups/tables.js';
import { RULE_TABLES } from '../rules/tables.js';
import { SESSION_TABLES } from '../sessions/tables.js';
import { type EngineName, type StorageEngine } from '../hypertables/engine.js';
import { STORAGE_ENGINE } from '../hypertables/storage-engine.token.js';
import { type Sql } from '../../postgres/sql.js';

/** The tables that say who may do what, and are no part of the archive's content. */
export type AccessTable = keyof typeof ACCESS_TABLES;

/** Every table with data of the archive, in the order in which they can be filled: what is referred to comes first. */
export const BACKUP_TABLES = [
  ...REGISTRY_TABLES,
  ...DATABASE_TABLES,
  ...SESSION_TABLES,
  ...ANNOTATION_TABLES,
  ...RULE_TABLES,
  ...EVENT_TABLES,
  ...POINT_TABLES,
  ...ROLLUP_TABLES,
  ...(Object.keys(ACCESS_TABLES) as AccessTable[]),
] as const;

/** The name of a table that a backup can hold. */
export type BackupTable = (typeof BACKUP_TABLES)[number];

/** Whether a table says who may do what, and is no part of the archive's content. */
export function isAccess(table: BackupTable): table is AccessTable {
  return Object.hasOwn(ACCESS_TABLES, table);
}

/** The columns of each table, by their names. */
export type TableColumns = Readonly<Partial<Record<BackupTable, readonly string[]>>>;

/** How long to wait for exclusive locks of others: a chunk that is dropped, a change of the schema. */
export const LOCK_TIMEOUT = '60s';

/** The settings that determine values as text: so that any PostgreSQL reads back exactly what another one wrote. */
const SETTINGS: Readonly<Record<string, string>> = {
  DateStyle: 'ISO',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  // Large tables are read from their beginning.
  synchronize_seqscans: 'off',
  // A backup may take long. PostgreSQL before 17 does not know all of these.
  statement_timeout: '0',
  transaction_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

/** The archive as it was at one moment. */
export interface Snapshot {
  /** That moment, by the database's clock. */
  readonly made: Date;
  readonly engine: EngineName;
  readonly chunkSeconds: number;
  /** The version of PostgreSQL, such as `15.13`. */
  readonly postgres: string;
  readonly columns: TableColumns;
  /** The planner's estimate of the number of rows. */
  readonly estimatedRows: number;
  /**
   * All rows of a table in the text format of COPY, in no particular order and cut anywhere. One table at a time; the
   * snapshot is lost if the rows are not read to the end.
   */
  rows(table: BackupTable): AsyncGenerator<Buffer, void, undefined>;
}

/** Reads the whole archive. */
@Injectable()
export class BackupStore {
  constructor(
    private readonly db: Database,
    @Inject(STORAGE_ENGINE) private readonly engine: StorageEngine,
  ) {}

  /**
   * Runs `work` over one consistent state of the tables, beside readers and writers. Until it has ended, chunks can't be
   * dropped and dead rows can't be vacuumed. Throws what `work` threw, and PostgreSQL's errors as they are.
   */
  async snapshot<T>(tables: readonly BackupTable[], work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.db.transaction(async (client) => {
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // The locks come before the snapshot: a chunk that is dropped in between would be missing.
      await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await client.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS SHARE MODE`);
      await useSettings(client);
      const { rows } = await client.query<{ made: Date; postgres: string }>(
        `SELECT now() AS made, split_part(current_setting('server_version'), ' ', 1) AS postgres`,
      );
      const info = rows[0];
      if (!info) throw new Error('PostgreSQL does not answer');
      const columns = await columnsOf(client, tables);
      return work({
        ...info,
        engine: this.engine.name,
        chunkSeconds: this.engine.chunkSeconds,
        columns,
        estimatedRows: await estimateRows(client, tables),
        rows: (table) => copyOut(client, table, columns[table] ?? []),
      });
    });
  }
}

/** Applies the settings for the transaction of `sql`. */
export async function useSettings(sql: Sql): Promise<void> {
  await sql.query('SELECT set_config(name, $1::jsonb ->> name, true) FROM pg_settings WHERE $1::jsonb ? name', [
    JSON.stringify(SETTINGS),
  ]);
}

/** The columns of tables that can be written, in their order in the table. */
export async function columnsOf(sql: Sql, tables: readonly BackupTable[]): Promise<TableColumns> {
  const { rows } = await sql.query<{ table: BackupTable; columns: string[] }>(
    `SELECT name AS table, array_agg(attname::text ORDER BY attnum) AS columns
     FROM unnest($1::text[]) AS name JOIN pg_attribute ON attrelid = name::regclass
     WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' GROUP BY name`,
    [tables],
  );
  return Object.fromEntries(rows.map(({ table, columns }) => [table, columns]));
}

/** A list of columns for a statement. */
export function columnList(columns: readonly string[]): string {
  return columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ');
}

/** A query, and not the table itself: COPY takes no partitioned table, and of a hypertable it writes nothing. */
async function* copyOut(
  client: pg.PoolClient,
  table: BackupTable,
  columns: readonly string[],
): AsyncGenerator<Buffer, void, undefined> {
  const rows = client.query(copy.to(`COPY (SELECT ${columnList(columns)} FROM ${table}) TO STDOUT`));
  // Errors surface in the loop below; this handler is for a connection that breaks after the loop was left.
  rows.on('error', () => undefined);
  let isComplete = false;
  try {
    for await (const chunk of rows) yield chunk as Buffer;
    isComplete = true;
  } finally {
    // Only closing the connection stops the rest. The client of a pool is a whole one, which its type hides.
    if (!isComplete) await (client as unknown as pg.Client).end();
  }
}

async function estimateRows(sql: Sql, tables: readonly BackupTable[]): Promise<number> {
  let sum = 0;
  for (const table of tables) {
    const { rows } = await sql.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
      `EXPLAIN (FORMAT JSON) SELECT FROM ${table}`,
    );
    sum += rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  }
  return sum;
}
