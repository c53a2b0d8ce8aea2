import { type ChunkBounds, ChunkGrid } from './chunk-grid.js';
import { type StorageEngine } from './engine.js';
import { type Hypertable, HYPERTABLES } from './hypertables.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

/** Hypertables as PostgreSQL's own range partitions: works on every PostgreSQL from 15 on. */
export class NativeEngine implements StorageEngine {
  readonly name = 'native';

  private readonly grid: ChunkGrid;

  constructor(readonly chunkSeconds: number) {
    this.grid = new ChunkGrid(chunkSeconds);
  }

  async isHypertable(sql: Sql, table: Hypertable): Promise<boolean> {
    const text = 'SELECT EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = $1::regclass) AS is';
    return (await sql.query<{ is: boolean }>(text, [table])).rows[0]?.is ?? false;
  }

  async createHypertable(sql: Sql, table: Hypertable): Promise<void> {
    const plain = `${table}_plain`;
    await sql.query(`ALTER TABLE ${table} RENAME TO ${plain}`);
    // Frees the name for the key of the copy.
    await sql.query(`ALTER TABLE ${plain} RENAME CONSTRAINT ${table}_pkey TO ${plain}_pkey`);
    await sql.query(
      `CREATE TABLE ${table} (LIKE ${plain} INCLUDING ALL) PARTITION BY RANGE (${HYPERTABLES[table].time})`,
    );
    await sql.query(`DROP TABLE ${plain}`);
  }

  chunkOf(micros: number): number {
    return this.grid.chunkOf(micros);
  }

  boundsOf(chunk: number): ChunkBounds {
    return this.grid.boundsOf(chunk);
  }

  async chunks(sql: Sql, table: Hypertable): Promise<number[]> {
    const { rows } = await sql.query<{ name: string }>(
      'SELECT relname AS name FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = $1::regclass',
      [table],
    );
    return rows.map(({ name }) => this.grid.chunkNamed(name.slice(table.length + 1)));
  }

  /**
   * The lock on the parent blocks others that create chunks, but no readers or writers; only under it does the catalogue
   * tell whether the chunk exists. (`CREATE TABLE … PARTITION OF` would block readers, and with an advisory lock the
   * look-up can see a stale catalogue: both were tried.)
   */
  async createChunk(sql: Sql, table: Hypertable, chunk: number): Promise<void> {
    const name = this.tableOf(table, chunk);
    await sql.query(`LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE`);
    const { rows } = await sql.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [name]);
    if (rows[0]?.there) return;
    const { begin, end } = this.grid.boundsOf(chunk);
    const from = begin === null ? 'MINVALUE' : `'${timestampOf(begin)}'`;
    const to = end === null ? 'MAXVALUE' : `'${timestampOf(end)}'`;
    await sql.query(
      `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMPRESSION)`,
    );
    await sql.query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to})`);
  }

  async chunkTable(sql: Sql, table: Hypertable, chunk: number): Promise<string | undefined> {
    const name = this.tableOf(table, chunk);
    const { rows } = await sql.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [name]);
    return rows[0]?.there ? name : undefined;
  }

  async dropChunk(sql: Sql, table: Hypertable, chunk: number): Promise<void> {
    await sql.query(`DROP TABLE ${this.tableOf(table, chunk)}`);
  }

  private tableOf(table: Hypertable, chunk: number): string {
    return `${table}_${this.grid.nameOf(chunk)}`;
  }
}
