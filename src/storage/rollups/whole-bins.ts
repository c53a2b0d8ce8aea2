import { type Multiset } from 'marigram-client/exact';
import { TooManyCategories } from '../../common/errors.js';
import { inTurns, Turns } from '../../common/turns.js';
import { int4Array, int8Array, timestampArray } from '../../postgres/array-encoding.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';
import { type Bin } from '../../rollups/bins.js';
import { hasTooManyCategories, MAX_CATEGORIES } from '../../rollups/categories.js';
import { mergedRows, type RollupRow } from '../../rollups/rollup-row.js';
import { decodeMultiset } from './multiset-codec.js';

/** A bin as it is to be stored. */
export interface BinRow extends Pick<Bin, 'series' | 'window' | 'begin'> {
  readonly row: RollupRow;
}

/** The columns of a `RollupRow` in the table, in which `quantiles` tell a bin that knows its values from others. */
interface StoredRow extends Omit<RollupRow, 'samples' | 'distribution'> {
  readonly samples: Buffer | null;
  readonly distribution: Buffer | null;
  readonly hasQuantiles: boolean;
}

// LATERAL with LIMIT: the key of each bin is looked up in its chunk alone.
const STORED = `
  SELECT place::int, r.count::float8, r.sum::text, r.sum_of_squares::text AS "sumOfSquares", r.min, r.max,
         r.denominator_sum::text AS "denominatorSum", r.histogram::text, r.samples, r.distribution,
         r.quantiles IS NOT NULL AS "hasQuantiles"
  FROM unnest($1::int4[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY AS w (series, window_seconds, bin, place)
  CROSS JOIN LATERAL (SELECT * FROM rollup p WHERE p.series = w.series AND p.window_seconds = w.window_seconds
                      AND p.bin = w.bin LIMIT 1) r`;

/**
 * What bins come to together with those that are stored, in their order. The caller's transaction holds the lock of their
 * series. Throws `TooManyCategories`.
 */
export async function mergedWithStored(sql: Sql, bins: readonly Bin[]): Promise<BinRow[]> {
  if (bins.length === 0) return [];
  const { rows } = await sql.query<StoredRow & { place: number }>({
    name: 'rollup-stored',
    text: STORED,
    values: [
      int4Array(bins, ({ series }) => series),
      int8Array(bins, ({ window }) => window),
      timestampArray(bins, ({ begin }) => begin),
    ],
  });
  const stored = new Map(rows.map((row) => [row.place - 1, row]));
  const turns = new Turns();
  const merged: BinRow[] = [];
  for (const [index, { series, window, begin, rollup }] of bins.entries()) {
    const found = stored.get(index);
    const row = found ? await inTurns(mergedRows(rowOf(found), rollup.row), turns) : rollup.row;
    if (row.sum === null && hasTooManyCategories(row.histogram ?? ''))
      throw new TooManyCategories(
        `categories: more than ${MAX_CATEGORIES} different values within the ${window} s from ${timestampOf(begin)}`,
      );
    merged.push({ series, window, begin, row });
    if (turns.isOver) await turns.pass();
  }
  return merged;
}

function rowOf({ samples, distribution, hasQuantiles, ...row }: StoredRow): RollupRow {
  return {
    ...row,
    samples: multisetOf(samples) ?? (hasQuantiles ? 'beyond' : null),
    distribution: multisetOf(distribution),
  };
}

/** The multiset in a column. */
export function multisetOf(bytes: Buffer | null): Multiset | null {
  return bytes && decodeMultiset(bytes);
}
