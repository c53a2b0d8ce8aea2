import { type Sql } from '../../postgres/sql.js';
import { type ChunkBounds } from './chunk-grid.js';
import { type Hypertable } from './hypertables.js';

/** The names of the storage engines, as `storage_info` has them. */
export type EngineName = 'native' | 'timescale';

/**
 * What differs between native range partitions and TimescaleDB; all other SQL is the same. Each engine numbers chunks in
 * its own way, the same for all hypertables.
 */
export interface StorageEngine {
  readonly name: EngineName;

  /** The length of a regular chunk, in seconds. */
  readonly chunkSeconds: number;

  /** Whether a table is a hypertable already. */
  isHypertable(sql: Sql, table: Hypertable): Promise<boolean>;

  /** Turns an empty plain table into a hypertable, inside the caller's transaction. */
  createHypertable(sql: Sql, table: Hypertable): Promise<void>;

  /** The number of the chunk that a time (micros) falls into. */
  chunkOf(micros: number): number;

  /** The time that a chunk covers. */
  boundsOf(chunk: number): ChunkBounds;

  /** The numbers of the chunks that exist. */
  chunks(sql: Sql, table: Hypertable): Promise<number[]>;

  /**
   * Creates a chunk where it does not exist, inside the caller's transaction, which should do nothing else. Safe against
   * others that do the same at the same time; readers and writers of other chunks are not blocked.
   */
  createChunk(sql: Sql, table: Hypertable, chunk: number): Promise<void>;

  /** The name of the table that holds a chunk's rows, ready for SQL; `undefined` where there is no such chunk. */
  chunkTable(sql: Sql, table: Hypertable, chunk: number): Promise<string | undefined>;

  /** Drops a chunk with its rows, inside the caller's transaction, which holds an exclusive lock on the hypertable. */
  dropChunk(sql: Sql, table: Hypertable, chunk: number): Promise<void>;
}
