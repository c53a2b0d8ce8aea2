import { Injectable } from '@nestjs/common';
import { DATA_TYPES, type DataTypeName } from '../../event-types/data-types.js';
import { type Bin, mergeHistograms } from '../../rollups/bins.js';
import { type Extremes } from '../../rollups/extremes.js';
import { type StoredBin } from '../../rollups/stored-bin.js';
import { type Divisor, type SummaryType } from '../../rollups/summary-kinds.js';
import { type BinQuotient, binQuotients, QUOTIENTS_OF_BINS } from './bin-quotients.js';
import { Database } from '../../postgres/database.js';
import { ExpiringRows, type ExpiringTable } from '../hypertables/expiring-table.js';
import { byStatements, type OrderedRange, restOf, type RowSource } from '../../postgres/row-source.js';
import { float8Array, int4Array, int8Array, jsonbArray, timestampArray } from '../../postgres/array-encoding.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Sql, type Statement } from '../../postgres/sql.js';

/** Which bins of a series and window to read: the bounds are begins of bins. */
export interface BinRange extends OrderedRange {
  readonly series: number;
  readonly dataType: DataTypeName;
  readonly window: number;
  /** Omits bins without statistics of numbers: they were stored before these were registered. */
  readonly withStatistics?: boolean;
  /** Returns the sealed bins of this summary instead of the computed ones beneath them. */
  readonly sealed?: SummaryType | undefined;
}

const INSERT = `
  INSERT INTO rollup (series, window_seconds, bin, count, sum, sum_of_squares, min, max, denominator_sum, histogram)
  SELECT * FROM unnest($1::int4[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::numeric[], $6::numeric[],
                       $7::float8[], $8::float8[], $9::numeric[], $10::jsonb[])
  ON CONFLICT ON CONSTRAINT rollup_pkey DO UPDATE SET`;

/** A column that is null in a stored bin is not known for all its points, and stays null. */
const ADD = `${INSERT}
  count = rollup.count + excluded.count,
  sum = rollup.sum + excluded.sum,
  sum_of_squares = rollup.sum_of_squares + excluded.sum_of_squares,
  min = CASE WHEN rollup.sum_of_squares IS NOT NULL THEN least(rollup.min, excluded.min) END,
  max = CASE WHEN rollup.sum_of_squares IS NOT NULL THEN greatest(rollup.max, excluded.max) END,
  denominator_sum = rollup.denominator_sum + excluded.denominator_sum,
  histogram = CASE WHEN rollup.histogram IS NOT NULL AND excluded.histogram IS NOT NULL THEN (
    SELECT coalesce(jsonb_object_agg(label, total), '{}') FROM (
      SELECT label, sum(number::numeric) AS total FROM (
        SELECT * FROM jsonb_each_text(rollup.histogram) AS stored (label, number)
        UNION ALL SELECT * FROM jsonb_each_text(excluded.histogram) AS added (label, number)) counts
      GROUP BY label HAVING sum(number::numeric) <> 0) merged) END`;

const REPLACE = `${INSERT}
  count = excluded.count, sum = excluded.sum, sum_of_squares = excluded.sum_of_squares, min = excluded.min,
  max = excluded.max, denominator_sum = excluded.denominator_sum, histogram = excluded.histogram`;

/** The only SQL on rollups. */
@Injectable()
export class RollupStore {
  /** The hypertables that hold bins, for retention. */
  readonly expiring: readonly ExpiringTable[] = [
    new ExpiringRows('rollup', 'p.series = e.series AND p.window_seconds = e.window_seconds', 'p.bin'),
  ];

  constructor(private readonly db: Database) {}

  /**
   * Adds to stored bins, inside the caller's transaction, which holds the lock of their series. `bins` come in the
   * order of series, window and begin. Histograms are merged label by label; a label whose count falls to 0 is removed.
   * Sends the statement before it returns; if histograms may be large, call `mergeHistograms` first.
   */
  async add(sql: Sql, bins: readonly Bin[]): Promise<void> {
    if (bins.length > 0) await sql.query({ name: 'rollup-add', text: ADD, values: columnsOf(bins) });
  }

  /** Like `add`, but replaces stored bins. */
  async replace(sql: Sql, bins: readonly Bin[]): Promise<void> {
    await mergeHistograms(bins);
    if (bins.length > 0) await sql.query({ name: 'rollup-replace', text: REPLACE, values: columnsOf(bins) });
  }

  /** Sets the extremes of a stored bin, inside the caller's transaction. */
  async setExtremes(
    sql: Sql,
    series: number,
    window: number,
    { micros, min, max }: Extremes & { readonly micros: number },
  ): Promise<void> {
    await sql.query('UPDATE rollup SET min = $4, max = $5 WHERE series = $1 AND window_seconds = $2 AND bin = $3', [
      ...[series, window, timestampOf(micros)],
      ...[min, max],
    ]);
  }

  /** The begins of bins before a time that count no point: there should be none. */
  async emptyBefore(sql: Sql, series: number, window: number, time: number): Promise<number[]> {
    const { rows } = await sql.query<{ micros: number }>(
      `SELECT ${microsOf('bin')} AS micros FROM rollup
       WHERE series = $1 AND window_seconds = $2 AND bin < $3 AND count <= 0 ORDER BY bin`,
      [series, window, timestampOf(time)],
    );
    return rows.map(({ micros }) => micros);
  }

  /** The number of points that a bin counts, those that have expired included; `undefined` where there is no bin. */
  async pointsIn(sql: Sql, series: number, window: number, begin: number): Promise<number | undefined> {
    const { rows } = await sql.query<{ count: number }>(
      'SELECT count::float8 FROM rollup WHERE series = $1 AND window_seconds = $2 AND bin = $3',
      [series, window, timestampOf(begin)],
    );
    return rows[0]?.count;
  }

  /** Whether each of these windows has a bin that begins at or after a time (micros); in their order. */
  async existSince(
    sql: Sql,
    ranges: readonly { readonly series: number; readonly window: number; readonly begin: number }[],
  ): Promise<boolean[]> {
    const { rows } = await sql.query<{ position: number }>(
      `SELECT position::int
       FROM unnest($1::int4[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY AS r (series, window_seconds, begin, position)
       CROSS JOIN LATERAL (SELECT FROM rollup p WHERE p.series = r.series AND p.window_seconds = r.window_seconds
                           AND p.bin >= r.begin ORDER BY p.bin LIMIT 1) p`,
      [
        ranges.map(({ series }) => series),
        ranges.map(({ window }) => window),
        ranges.map(({ begin }) => timestampOf(begin)),
      ],
    );
    const found = new Set(rows.map(({ position }) => position));
    return ranges.map((_, index) => found.has(index + 1));
  }

  /** Removes all bins of a series, inside the caller's transaction. */
  async removeAll(sql: Sql, series: number): Promise<void> {
    await sql.query('DELETE FROM rollup WHERE series = $1', [series]);
  }

  /** Removes the bins that begin from `first` to `last` (micros, both inclusive), inside the caller's transaction. */
  async removeBetween(sql: Sql, series: number, window: number, first: number, last: number): Promise<void> {
    await sql.query('DELETE FROM rollup WHERE series = $1 AND window_seconds = $2 AND bin BETWEEN $3 AND $4', [
      ...[series, window],
      ...[timestampOf(first), timestampOf(last)],
    ]);
  }

  /** Removes single bins, inside the caller's transaction. */
  async remove(sql: Sql, series: number, window: number, begins: readonly number[]): Promise<void> {
    if (begins.length === 0) return;
    await sql.query('DELETE FROM rollup WHERE series = $1 AND window_seconds = $2 AND bin = ANY ($3)', [
      ...[series, window],
      begins.map(timestampOf),
    ]);
  }

  /**
   * The bins of a range in time order (`descending`: newest first). Each slice is its own statement and snapshot.
   * @param sql a transaction to read in; without it the replica may answer.
   */
  source(range: BinRange, sql: Sql = this.db.reader(range.fromPrimary)): RowSource<StoredBin[]> {
    const columns = `${microsOf('bin')} AS micros, count::float8, sum::text, sum_of_squares::text AS "sumOfSquares",
      min, max, denominator_sum::text AS "denominatorSum", histogram, ${range.sealed ? 'sealed' : 'NULL AS sealed'}`;
    return byStatements({
      hasLargeRows: DATA_TYPES[range.dataType].measure === 'histogram',
      sizeOf: (bins) => bins.reduce((sum, bin) => sum + sizeOf(bin), 0),
      slice: async (limit, skip, last) => {
        return (await sql.query<StoredBin>(sliceOf('bins', columns, range, limit, skip, last))).rows;
      },
      hasMoreThan: (count) => hasMoreThan(sql, range, count),
    });
  }

  /**
   * Like `source`, with one number for each bin: its sum divided by the divisor.
   * @param divisor the number of points, the sum of the denominators, or 1.
   */
  quotients(range: BinRange, divisor: Divisor): RowSource<BinQuotient[]> {
    const sql = this.db.reader(range.fromPrimary);
    const columns = `bin, sum AS dividend, ${divisor}::numeric AS divisor`;
    return byStatements({
      hasLargeRows: false,
      sizeOf: ({ length }) => 50 * length,
      slice: async (limit, skip, last) => {
        const bins = sliceOf(`quotients-${divisor}`, columns, range, limit, skip, last);
        const text = `SELECT ${QUOTIENTS_OF_BINS} FROM (${bins.text}) bins`;
        const { rows } = await sql.query<[string | null]>({ ...bins, text, rowMode: 'array' });
        return binQuotients(rows[0]?.[0] ?? null);
      },
      hasMoreThan: (count) => hasMoreThan(sql, range, count),
    });
  }
}

async function hasMoreThan(sql: Sql, range: BinRange, count: number): Promise<boolean> {
  return (await sql.query(sliceOf('more', 'bin', range, 1, count, undefined))).rows.length > 0;
}

/** The statement for `SliceStatements.slice`, with these columns. */
function sliceOf(
  what: string,
  columns: string,
  range: BinRange,
  limit: number,
  skip: number,
  last: number | undefined,
): Statement {
  const { begin, end } = restOf(range, last);
  const order = range.descending ? 'DESC' : 'ASC';
  const conditions = ['series = $1', 'window_seconds = $2', 'bin >= $3', 'bin <= $4'];
  const isKnown = range.sealed ? 'num_nonnulls(sum_of_squares, sealed) > 0' : 'sum_of_squares IS NOT NULL';
  if (range.withStatistics) conditions.push(isKnown);
  if (last !== undefined) conditions.push('bin <> $7');
  const bins = range.sealed ? withSealed(range.sealed) : 'rollup';
  const kind = `${conditions.length}${range.withStatistics ? '-statistics' : ''}-${range.sealed ?? ''}-${order}`;
  return {
    text: `SELECT ${columns} FROM ${bins} WHERE ${conditions.join(' AND ')} ORDER BY bin ${order} LIMIT $5 OFFSET $6`,
    values: [
      ...[range.series, range.window, timestampOf(begin), timestampOf(end), limit, skip],
      ...(last === undefined ? [] : [timestampOf(last)]),
    ],
    name: `rollup-${what}-${kind}`,
  };
}

function sizeOf({ histogram, sealed }: StoredBin): number {
  return 200 + (sealed?.length ?? 0) + (histogram ? 40 * Object.keys(histogram).length : 0);
}

/** The sealed bins of a summary type over the rollups, as one relation. */
function withSealed(type: SummaryType): string {
  return `
    (SELECT r.*, NULL::text AS sealed FROM rollup r
     WHERE NOT EXISTS (SELECT FROM sealed_bin z WHERE z.series = r.series AND z.type = '${type}'
                       AND z.window_seconds = r.window_seconds AND z.bin = r.bin)
     UNION ALL
     SELECT series, window_seconds, bin, 0, NULL, NULL, NULL, NULL, NULL, NULL, value::text
     FROM sealed_bin WHERE type = '${type}') bins`;
}

function columnsOf(bins: readonly Bin[]): unknown[] {
  return [
    int4Array(bins, ({ series }) => series),
    int8Array(bins, ({ window }) => window),
    timestampArray(bins, ({ begin }) => begin),
    int8Array(bins, ({ rollup }) => rollup.count),
    bins.map(({ rollup }) => rollup.sum?.toString()),
    bins.map(({ rollup }) => rollup.sumOfSquares?.toString()),
    float8Array(bins, ({ rollup }) => rollup.min),
    float8Array(bins, ({ rollup }) => rollup.max),
    bins.map(({ rollup }) => rollup.denominatorSum?.toString()),
    jsonbArray(bins, ({ rollup }) => rollup.histogramJson),
  ];
}
