import { type Multiset } from 'marigram-client/exact';
import { DATA_TYPES, type DataTypeName } from '../../event-types/data-types.js';
import { byStatements, type OrderedRange, restOf, type RowSource } from '../../postgres/row-source.js';
import { type Sql, type Statement } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Kept } from '../../rollups/rollup-spec.js';
import { type StoredBin } from '../../rollups/stored-bin.js';
import { type Divisor, type SummaryType } from '../../rollups/summary-kinds.js';
import { binQuantiles, type BinQuantiles, QUANTILES_OF_BINS } from './bin-quantiles.js';
import { type BinQuotient, binQuotients, QUOTIENTS_OF_BINS } from './bin-quotients.js';
import { multisetOf } from './whole-bins.js';

/** Which bins of a series and window to read: the bounds are begins of bins. */
export interface BinRange extends OrderedRange {
  readonly series: number;
  readonly dataType: DataTypeName;
  readonly window: number;
  /**
   * What of the kept columns is read; `all` for all of them. Bins that do not know this one are omitted: they were stored
   * before it was registered.
   */
  readonly needs?: Kept | 'all' | undefined;
  /** Returns the sealed bins of this summary instead of the computed ones beneath them. */
  readonly sealed?: SummaryType | undefined;
  /** Gets what is wrong with the bytes of bins, by their begins: they are read without what can't be decoded. */
  readonly damaged?: Map<number, string> | undefined;
}

/** The columns of a rollup that all windows have. */
export const SUMS = 'series, window_seconds, bin, count, sum, sum_of_squares, min, max, denominator_sum, histogram';

/** The bins of a range in its order. Each slice is its own statement and snapshot. Throws a `RangeError` where one is damaged. */
export function binSource(sql: Sql, range: BinRange): RowSource<StoredBin[]> {
  const kept = (column: string, kept: Kept): string => (reads(range, kept) ? column : `NULL AS ${column}`);
  const columns = `${microsOf('bin')} AS micros, count::float8, sum::text, sum_of_squares::text AS "sumOfSquares",
    min, max, denominator_sum::text AS "denominatorSum", histogram, ${range.sealed ? 'sealed' : 'NULL AS sealed'},
    ${kept('quantiles', 'samples')}, quantiles IS NOT NULL AND samples IS NULL AS "isBeyond",
    ${range.needs === 'all' ? 'samples' : 'NULL AS samples'}, ${kept('distribution', 'distribution')}`;
  return byStatements({
    hasLargeRows: hasLargeRows(range),
    sizeOf: (bins) => bins.reduce((sum, bin) => sum + sizeOf(bin), 0),
    slice: async (limit, skip, last) => {
      const { rows } = await sql.query<StoredColumns>(sliceOf('bins', columns, range, limit, skip, last));
      return rows.map(({ samples, distribution, ...bin }) => ({
        ...bin,
        samples: decoded(samples, bin.micros, range.damaged),
        distribution: decoded(distribution, bin.micros, range.damaged),
      }));
    },
    hasMoreThan: (count) => hasMoreThan(sql, range, count),
  });
}

/** Like `binSource`, with one number for each bin: its sum divided by the divisor. */
export function quotientSource(sql: Sql, range: BinRange, divisor: Divisor): RowSource<BinQuotient[]> {
  const columns = `bin, sum AS dividend, ${divisor}::numeric AS divisor`;
  return encoded(sql, range, `quotients-${divisor}`, columns, QUOTIENTS_OF_BINS, binQuotients, 50);
}

/** Like `binSource`, with what values of `quantiles` consist of; bins that do not know them are omitted. */
export function quantileSource(sql: Sql, range: BinRange): RowSource<BinQuantiles[]> {
  const columns = 'bin, count, quantiles, samples';
  return encoded(sql, { ...range, needs: 'samples' }, 'quantiles', columns, QUANTILES_OF_BINS, binQuantiles, 250);
}

/**
 * Bins that PostgreSQL encodes as one text.
 * @param encode the aggregate of `columns` that does it, and `decode` what reads it.
 * @param bytes what a bin takes in memory.
 */
function encoded<T extends { readonly micros: number }>(
  sql: Sql,
  range: BinRange,
  what: string,
  columns: string,
  encode: string,
  decode: (text: string | null) => T[],
  bytes: number,
): RowSource<T[]> {
  return byStatements({
    hasLargeRows: false,
    sizeOf: ({ length }) => bytes * length,
    slice: async (limit, skip, last) => {
      const bins = sliceOf(what, columns, range, limit, skip, last);
      const text = `SELECT ${encode} FROM (${bins.text}) bins`;
      const { rows } = await sql.query<[string | null]>({ ...bins, text, rowMode: 'array' });
      return decode(rows[0]?.[0] ?? null);
    },
    hasMoreThan: (count) => hasMoreThan(sql, range, count),
  });
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
  const column = range.needs && range.needs !== 'all' ? COLUMNS[range.needs] : undefined;
  if (column) conditions.push(range.sealed ? `num_nonnulls(${column}, sealed) > 0` : `${column} IS NOT NULL`);
  if (last !== undefined) conditions.push('bin <> $7');
  const bins = range.sealed ? withSealed(range.sealed) : 'rollup';
  const kind = `${conditions.length}-${range.needs ?? ''}-${range.sealed ?? ''}-${order}`;
  return {
    text: `SELECT ${columns} FROM ${bins} WHERE ${conditions.join(' AND ')} ORDER BY bin ${order} LIMIT $5 OFFSET $6`,
    values: [
      ...[range.series, range.window, timestampOf(begin), timestampOf(end), limit, skip],
      ...(last === undefined ? [] : [timestampOf(last)]),
    ],
    name: `rollup-${what}-${kind}`,
  };
}

/** The column that a bin has where it knows what is kept. */
const COLUMNS: Readonly<Record<Kept, string>> = {
  statistics: 'sum_of_squares',
  samples: 'quantiles',
  distribution: 'distribution',
};

function reads({ needs }: BinRange, kept: Kept): boolean {
  return needs === kept || needs === 'all';
}

/** The multiset in a column; `null`, with a note of why, where it is damaged and `damaged` takes notes. */
function decoded(bytes: Buffer | null, micros: number, damaged: BinRange['damaged']): Multiset | null {
  try {
    return multisetOf(bytes);
  } catch (error) {
    if (!damaged || !(error instanceof RangeError)) throw error;
    damaged.set(micros, error.message);
    return null;
  }
}

/** A stored bin with its columns of bytes. */
interface StoredColumns extends Omit<StoredBin, 'samples' | 'distribution'> {
  readonly samples: Buffer | null;
  readonly distribution: Buffer | null;
}

function hasLargeRows({ dataType, needs }: BinRange): boolean {
  return needs === 'all' || ['histogram', 'category'].includes(DATA_TYPES[dataType].measure ?? '');
}

function sizeOf({ histogram, sealed, samples, distribution }: StoredBin): number {
  const values = (samples?.values.length ?? 0) + (distribution?.values.length ?? 0);
  return 200 + (sealed?.length ?? 0) + (histogram ? 40 * Object.keys(histogram).length : 0) + 16 * values;
}

/** The sealed bins of a summary type over the rollups, as one relation. */
function withSealed(type: SummaryType): string {
  return `
    (SELECT ${SUMS}, samples, distribution, quantiles, NULL::text AS sealed FROM rollup r
     WHERE NOT EXISTS (SELECT FROM sealed_bin z WHERE z.series = r.series AND z.type = '${type}'
                       AND z.window_seconds = r.window_seconds AND z.bin = r.bin)
     UNION ALL
     SELECT series, window_seconds, bin, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, value::text
     FROM sealed_bin WHERE type = '${type}') bins`;
}
