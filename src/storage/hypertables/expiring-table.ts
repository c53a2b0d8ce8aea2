import { type Sql } from '../../postgres/sql.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { bytesPerRow } from './chunk-space.js';
import { type Chunk } from './chunks.js';
import { type Hypertable } from './hypertables.js';

/**
 * The times before which data have expired, as a relation for statements: `series`, `window_seconds` (of bins),
 * `policy`, and `cut_off`, which is null where all is kept. Each series, or series and window, comes once.
 */
export interface CutOffRelation {
  /** The begin of the statement: WITH and what `select` needs. */
  readonly begin: string;
  readonly select: string;
  /** The values of the parameters from $1 on that they use. */
  readonly values: readonly unknown[];
}

/** The number of points or bins of a series that have expired in a chunk. */
export interface ExpiredCount {
  readonly series: number;
  /** The policy that removes them, or `null` where only earlier policies had a cut-off. */
  readonly policy: number | null;
  /** Points or bins, however many of them a row holds. */
  readonly rows: number;
}

/** What retention asks of a hypertable, chunk by chunk; its owner knows what the rows are. */
export interface ExpiringTable {
  readonly table: Hypertable;

  /** What has expired in a chunk, by series in the order of their ids. */
  count(sql: Sql, chunk: Chunk, cutOffs: CutOffRelation): Promise<ExpiredCount[]>;

  /** Whether anything in a chunk, or anything that may still be stored in it, is to be kept. */
  isKept(sql: Sql, chunk: Chunk, cutOffs: CutOffRelation): Promise<boolean>;

  /** Whether some series, or windows, have a cut-off inside a chunk, so that more of it will expire. */
  isShrinking(sql: Sql, chunk: Chunk, cutOffs: CutOffRelation): Promise<boolean>;

  /**
   * Deletes what has expired of these series in a chunk, inside the caller's transaction, which holds their locks.
   * @returns the number of rows that are gone from the chunk's table.
   */
  delete(sql: Sql, chunk: Chunk, cutOffs: CutOffRelation, series: readonly number[]): Promise<number>;

  /** An estimate of the bytes that a point or bin of a chunk takes, with its share of the indexes. */
  bytesPerItem(sql: Sql, chunk: Chunk): Promise<number>;
}

/** A hypertable each of whose rows is a point or a bin, and expires as a whole. */
export class ExpiringRows implements ExpiringTable {
  /**
   * @param belongs the condition that a row `p` of the hypertable belongs to a row `e` of the cut-offs.
   * @param time the last time that a row `p` holds data of.
   */
  constructor(
    readonly table: Hypertable,
    private readonly belongs: string,
    private readonly time: string,
  ) {}

  async count(sql: Sql, chunk: Chunk, { begin, select, values }: CutOffRelation): Promise<ExpiredCount[]> {
    const { rows } = await sql.query<ExpiredCount>(
      `${begin} SELECT e.series, e.policy, sum(c.rows)::float8 AS rows
       FROM (${select}) e
       CROSS JOIN LATERAL (SELECT count(*) AS rows FROM ${chunk.name} p
                           WHERE ${this.belongs} AND ${this.time} < e.cut_off) c
       WHERE e.cut_off > $${values.length + 1} AND c.rows > 0 GROUP BY 1, 2 ORDER BY 1`,
      [...values, timestampOf(chunk.begin ?? -Infinity)],
    );
    return rows;
  }

  async isKept(sql: Sql, chunk: Chunk, { begin, select, values }: CutOffRelation): Promise<boolean> {
    const end = `$${values.length + 1}::timestamptz`;
    const { rows } = await sql.query<{ kept: boolean }>(
      `${begin}, e AS (${select})
       SELECT coalesce(${end} > (SELECT max(cut_off) FROM e), true) OR EXISTS (
         SELECT FROM e CROSS JOIN LATERAL (
           SELECT FROM ${chunk.name} p WHERE ${this.belongs} AND ${this.time} >= coalesce(e.cut_off, '-infinity')
           ORDER BY ${this.time} LIMIT 1) kept
         WHERE e.cut_off IS NULL OR e.cut_off < ${end}) AS kept`,
      [...values, timestampOf(chunk.end ?? Infinity)],
    );
    return rows[0]?.kept ?? true;
  }

  async isShrinking(sql: Sql, chunk: Chunk, { begin, select, values }: CutOffRelation): Promise<boolean> {
    const [first, end] = [`$${values.length + 1}`, `$${values.length + 2}`];
    const { rows } = await sql.query<{ shrinking: boolean }>(
      `${begin} SELECT EXISTS (SELECT FROM (${select}) e WHERE e.cut_off > ${first} AND e.cut_off < ${end}) AS shrinking`,
      [...values, timestampOf(chunk.begin ?? -Infinity), timestampOf(chunk.end ?? Infinity)],
    );
    return rows[0]?.shrinking ?? false;
  }

  async delete(
    sql: Sql,
    chunk: Chunk,
    { begin, select, values }: CutOffRelation,
    series: readonly number[],
  ): Promise<number> {
    const { rowCount } = await sql.query(
      `${begin} DELETE FROM ${chunk.name} p USING (${select}) e
       WHERE e.series = ANY ($${values.length + 1}::int4[]) AND ${this.belongs} AND ${this.time} < e.cut_off`,
      [...values, series],
    );
    return rowCount ?? 0;
  }

  bytesPerItem(sql: Sql, chunk: Chunk): Promise<number> {
    return bytesPerRow(sql, chunk.name);
  }
}
