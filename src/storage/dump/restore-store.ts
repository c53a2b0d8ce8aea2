import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import copy from 'pg-copy-streams';
import {
  BACKUP_TABLES,
  type BackupTable,
  columnList,
  columnsOf,
  isAccess,
  LOCK_TIMEOUT,
  type TableColumns,
  useSettings,
} from './backup-store.js';
import { Database } from '../../postgres/database.js';
import { ACCESS_TABLES } from '../access/tables.js';
import { type StorageEngine } from '../hypertables/engine.js';
import { type Hypertable } from '../hypertables/hypertables.js';
import { STORAGE_ENGINE } from '../hypertables/storage-engine.token.js';
import { divideSegments } from '../points/divide-segments.js';
import { beginRuleChange } from '../registry/rule-generation.js';
import { type Sql } from '../../postgres/sql.js';

/** The tables that must be empty, and are closed to writers while they are filled. Keys may exist, and keep working. */
const CONTENT = BACKUP_TABLES.filter((table) => !isAccess(table));

/** Columns that hold the number of a row of the same table. */
const ROW_NUMBERS = /"(id|successor)"/g;

/** Fills an empty archive. */
@Injectable()
export class RestoreStore {
  constructor(
    private readonly db: Database,
    @Inject(STORAGE_ENGINE) private readonly engine: StorageEngine,
  ) {}

  /** The columns of all tables of this archive. */
  columns(): Promise<TableColumns> {
    return columnsOf(this.db, BACKUP_TABLES);
  }

  /** Whether nothing is registered and nothing is stored; keys do not count. */
  isEmpty(): Promise<boolean> {
    return isEmpty(this.db);
  }

  /** The number of the chunk that a time (micros) falls into. */
  chunkOf(micros: number): number {
    return this.engine.chunkOf(micros);
  }

  /**
   * Runs `work`, which fills the archive, in one transaction: all is stored, or nothing. Readers see the empty archive
   * until then, and writers wait. Returns `false` without running `work` if the archive is not empty.
   * Throws what `work` threw, PostgreSQL's errors as they are, and `CommitUnknown`.
   */
  async fill(work: (filling: Filling) => Promise<void>): Promise<boolean> {
    return this.db.transaction(async (client) => {
      await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await client.query(`LOCK TABLE ONLY ${CONTENT.join(', ONLY ')} IN SHARE ROW EXCLUSIVE MODE`);
      if (!(await isEmpty(client))) return false;
      await useSettings(client);
      await work(new Filling(client, this.engine));
      await beginRuleChange(client);
      await continueNumbering(client);
      return true;
    });
  }
}

/** The transaction that fills the archive. */
export class Filling {
  constructor(
    private readonly client: pg.PoolClient,
    private readonly engine: StorageEngine,
  ) {}

  /** Creates chunks; existing ones stay. */
  async createChunks(table: Hypertable, chunks: Iterable<number>): Promise<void> {
    for (const chunk of chunks) await this.engine.createChunk(this.client, table, chunk);
  }

  /**
   * Stores rows in the text format of COPY, cut anywhere, and returns their number. Keys and networks are added to the
   * existing ones, with their own numbers if there are none yet; an existing one stays as it is.
   */
  async copyIn(table: BackupTable, columns: readonly string[], rows: AsyncIterable<Buffer>): Promise<number> {
    if (!isAccess(table)) return this.copyInto(table, columns, rows);
    // The rows wait here until it is known which of them are new.
    const waiting = `restored_${table}`;
    await this.client.query(`CREATE TEMPORARY TABLE ${waiting} (LIKE ${table} INCLUDING DEFAULTS) ON COMMIT DROP`);
    const count = await this.copyInto(waiting, columns, rows);
    const values = columnList(columns).replace(ROW_NUMBERS, `"$1" + (SELECT coalesce(max(id), 0) FROM ${table})`);
    await this.client.query(`
      INSERT INTO ${table} (${columnList(columns)}) SELECT ${values} FROM ${waiting}
      ON CONFLICT (${ACCESS_TABLES[table]}) DO NOTHING`);
    return count;
  }

  /** Divides segments that lie across chunks here: the archive that they come from may have had longer ones. */
  async fitSegments(): Promise<void> {
    for (const chunk of await this.engine.chunks(this.client, 'segment')) {
      const { begin, end } = this.engine.boundsOf(chunk);
      if (end === null) continue;
      await divideSegments(this.client, { begin: begin ?? -Infinity, end }, async (micros) => {
        const next = this.engine.chunkOf(micros);
        await this.engine.createChunk(this.client, 'segment', next);
        return this.engine.boundsOf(next).end ?? Infinity;
      });
    }
  }

  private async copyInto(table: string, columns: readonly string[], rows: AsyncIterable<Buffer>): Promise<number> {
    const stream = this.client.query(copy.from(`COPY ${table} (${columnList(columns)}) FROM STDIN`));
    // If the rows end with an error, this also cancels the COPY.
    await pipeline(rows, stream);
    return stream.rowCount;
  }
}

async function isEmpty(sql: Sql): Promise<boolean> {
  const some = CONTENT.map((table) => `EXISTS (SELECT FROM ${table})`).join(' OR ');
  const { rows } = await sql.query<{ some: boolean }>(`SELECT ${some} AS some`);
  return rows[0]?.some === false;
}

/**
 * Sets the numbering of tables to continue after their last rows. This holds at once, even if the transaction is rolled
 * back, which does no harm.
 */
async function continueNumbering(sql: Sql): Promise<void> {
  const { rows } = await sql.query<{ table: BackupTable; column: string }>(
    `SELECT name AS table, attname::text AS column
     FROM unnest($1::text[]) AS name JOIN pg_attribute ON attrelid = name::regclass AND attidentity <> ''`,
    [BACKUP_TABLES],
  );
  for (const { table, column } of rows)
    await sql.query(
      `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), max(${column})) FROM ${table}
       HAVING max(${column}) IS NOT NULL`,
    );
}
