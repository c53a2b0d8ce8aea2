import { Injectable } from '@nestjs/common';
import { inTurns, Turns } from '../../common/turns.js';
import { type Bin, mergeHistograms } from '../../rollups/bins.js';
import { type Extremes } from '../../rollups/extremes.js';
import { mergedAll, rowOfBin } from '../../rollups/merged-bins.js';
import { type RollupRow } from '../../rollups/rollup-row.js';
import { quantileColumn } from '../../rollups/quantile-column.js';
import { type StoredBin } from '../../rollups/stored-bin.js';
import { type Divisor } from '../../rollups/summary-kinds.js';
import { type BinQuantiles } from './bin-quantiles.js';
import { type BinQuotient } from './bin-quotients.js';
import { type BinRange, binSource, quantileSource, quotientSource, SUMS } from './bin-source.js';
import { encodeMultiset } from './multiset-codec.js';
import { type BinRow, mergedWithStored } from './whole-bins.js';
import { type Extent } from '../registry/series-store.js';
import { Database } from '../../postgres/database.js';
import { ExpiringRows, type ExpiringTable } from '../hypertables/expiring-table.js';
import { inSlices, type RowSource } from '../../postgres/row-source.js';
import {
  byteaArray,
  float8Array,
  int4Array,
  int8Array,
  jsonbArray,
  timestampArray,
} from '../../postgres/array-encoding.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

const SUM_ARRAYS = `$1::int4[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::numeric[], $6::numeric[],
                       $7::float8[], $8::float8[], $9::numeric[], $10::jsonb[]`;
const ON_CONFLICT = 'ON CONFLICT ON CONSTRAINT rollup_pkey DO UPDATE SET';

/** A column that is null in a stored bin is not known for all its points, and stays null. */
const ADD = `
  INSERT INTO rollup (${SUMS}) SELECT * FROM unnest(${SUM_ARRAYS}) ${ON_CONFLICT}
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

/** An array of arrays must be a rectangle: `quantiles` come as texts. */
const REPLACE = `
  INSERT INTO rollup (${SUMS}, samples, distribution, quantiles)
  SELECT ${SUMS}, samples, distribution, quantiles::float8[]
  FROM unnest(${SUM_ARRAYS}, $11::bytea[], $12::bytea[], $13::text[]) AS bins (${SUMS}, samples, distribution, quantiles)
  ${ON_CONFLICT}
  count = excluded.count, sum = excluded.sum, sum_of_squares = excluded.sum_of_squares, min = excluded.min,
  max = excluded.max, denominator_sum = excluded.denominator_sum, histogram = excluded.histogram,
  samples = excluded.samples, distribution = excluded.distribution, quantiles = excluded.quantiles`;

/** What a batch changes of bins. */
export interface BinChanges {
  /** Added to those that are stored. */
  readonly added: readonly BinRow[];
  /** Merged with those that are stored, which they replace. */
  readonly merged: readonly BinRow[];
}

/** The only SQL on rollups. */
@Injectable()
export class RollupStore {
  /** The hypertables that hold bins, for retention. */
  readonly expiring: readonly ExpiringTable[] = [
    new ExpiringRows('rollup', 'p.series = e.series AND p.window_seconds = e.window_seconds', 'p.bin'),
  ];

  constructor(private readonly db: Database) {}

  /**
   * Finds out how to add to stored bins, inside the caller's transaction, which holds the lock of their series. `bins`
   * come in the order of series, window and begin. Reads those bins only that must be merged here. If histograms may be
   * large, call `mergeHistograms` first. Throws `TooManyCategories`.
   */
  async plan(sql: Sql, bins: readonly Bin[]): Promise<BinChanges> {
    return {
      added: bins.filter(({ rollup }) => !rollup.needsStored).map(rowOf),
      merged: await mergedWithStored(
        sql,
        bins.filter(({ rollup }) => rollup.needsStored),
      ),
    };
  }

  /**
   * Stores what `plan` has found out, in the same transaction. Histograms are merged label by label; a label whose count
   * falls to 0 is removed. Sends the statements before it returns.
   */
  write(sql: Sql, { added, merged }: BinChanges): Promise<unknown>[] {
    const add = { name: 'rollup-add', text: ADD, values: sumColumns(added) };
    return [...(added.length > 0 ? [sql.query(add)] : []), this.replaceRows(sql, merged)];
  }

  /** `plan` and `write`. */
  async add(sql: Sql, bins: readonly Bin[]): Promise<void> {
    await Promise.all(this.write(sql, await this.plan(sql, bins)));
  }

  /** Like `add`, but replaces stored bins. */
  async replace(sql: Sql, bins: readonly Bin[]): Promise<void> {
    await mergeHistograms(bins);
    await this.replaceRows(sql, bins.map(rowOf));
  }

  private async replaceRows(sql: Sql, rows: readonly BinRow[]): Promise<void> {
    if (rows.length === 0) return;
    const values = [...sumColumns(rows), ...exactColumns(rows)];
    await sql.query({ name: 'rollup-replace', text: REPLACE, values });
  }

  /** Sets the extremes of a stored bin, inside the caller's transaction. */
  async setExtremes(
    sql: Sql,
    series: number,
    window: number,
    { micros, min, max }: Extremes & { readonly micros: number },
  ): Promise<void> {
    await sql.query(
      // Where values are kept they tell the extremes; else q0 and q100 come from these.
      `UPDATE rollup SET min = $4, max = $5,
         quantiles = CASE WHEN samples IS NULL AND cardinality(quantiles) > 0
                          THEN $4::float8 || quantiles[2:11] || $5::float8 || quantiles[13:] ELSE quantiles END
       WHERE series = $1 AND window_seconds = $2 AND bin = $3`,
      [series, window, timestampOf(micros), min, max],
    );
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

  /** Removes all bins of series, inside the caller's transaction. */
  async removeAll(sql: Sql, series: readonly number[]): Promise<void> {
    await sql.query('DELETE FROM rollup WHERE series = ANY ($1::int4[])', [int4Array(series, (id) => id)]);
  }

  /**
   * Removes the bins that begin from `first` to `last` (micros, both inclusive), inside the caller's transaction; returns
   * the number of points that they counted.
   */
  async removeBetween(sql: Sql, series: number, window: number, first: number, last: number): Promise<number> {
    const { rows } = await sql.query<{ points: number }>(
      `WITH removed AS (
         DELETE FROM rollup WHERE series = $1 AND window_seconds = $2 AND bin BETWEEN $3 AND $4 RETURNING count
       )
       SELECT coalesce(sum(count), 0)::float8 AS points FROM removed`,
      [series, window, timestampOf(first), timestampOf(last)],
    );
    return rows[0]?.points ?? 0;
  }

  /** The begin of the first and the end (inclusive) of the last bin of a series; `undefined` where it has none. */
  async extent(sql: Sql, series: number): Promise<Extent | undefined> {
    const { rows } = await sql.query<{ first: number | null; last: number | null }>(
      `SELECT ${microsOf('min(bin)')} AS first,
              ${microsOf("max(bin + greatest(window_seconds * interval '1 second' - interval '1 microsecond', interval '0'))")} AS last
       FROM rollup WHERE series = $1`,
      [series],
    );
    const { first = null, last = null } = rows[0] ?? {};
    return first === null || last === null ? undefined : { first, last };
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
    return binSource(sql, range);
  }

  /**
   * All bins of a range as one, `undefined` where there are none; sealed ones don't count. What is in memory at a time is
   * bounded, however many bins there are.
   */
  async merged(range: Omit<BinRange, 'descending' | 'needs' | 'sealed'>): Promise<RollupRow | undefined> {
    const turns = new Turns();
    let all: RollupRow | undefined;
    for await (const bins of inSlices(this.source({ ...range, descending: false, needs: 'all' })))
      all = await inTurns(mergedAll([...(all ? [all] : []), ...bins.map(rowOfBin)]), turns);
    return all;
  }

  /**
   * Like `source`, with one number for each bin: its sum divided by the divisor.
   * @param divisor the number of points, the sum of the denominators, or 1.
   */
  quotients(range: BinRange, divisor: Divisor): RowSource<BinQuotient[]> {
    return quotientSource(this.db.reader(range.fromPrimary), range, divisor);
  }

  /** Like `source`, with what values of `quantiles` consist of; bins that do not know them are omitted. */
  quantiles(range: BinRange): RowSource<BinQuantiles[]> {
    return quantileSource(this.db.reader(range.fromPrimary), range);
  }
}

function rowOf({ series, window, begin, rollup }: Bin): BinRow {
  return { series, window, begin, row: rollup.row };
}

/** The arrays $1 to $10. */
function sumColumns(bins: readonly BinRow[]): unknown[] {
  return [
    int4Array(bins, ({ series }) => series),
    int8Array(bins, ({ window }) => window),
    timestampArray(bins, ({ begin }) => begin),
    int8Array(bins, ({ row }) => row.count),
    bins.map(({ row }) => row.sum),
    bins.map(({ row }) => row.sumOfSquares),
    float8Array(bins, ({ row }) => row.min),
    float8Array(bins, ({ row }) => row.max),
    bins.map(({ row }) => row.denominatorSum),
    jsonbArray(bins, ({ row }) => row.histogram),
  ];
}

/** The arrays $11 to $13. */
function exactColumns(bins: readonly BinRow[]): unknown[] {
  return [
    byteaArray(bins, ({ row: { samples } }) => (samples === 'beyond' || !samples ? null : encodeMultiset(samples))),
    byteaArray(bins, ({ row: { distribution } }) => distribution && encodeMultiset(distribution)),
    bins.map(({ row }) => arrayText(quantileColumn(row))),
  ];
}

/** A `float8[]` as text. */
function arrayText(numbers: readonly (number | null)[] | null): string | null {
  return numbers && `{${numbers.map((number) => number ?? 'NULL').join(',')}}`;
}
