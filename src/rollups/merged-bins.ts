import { quantileColumn } from './quantile-column.js';
import { mergedRows, type RollupRow } from './rollup-row.js';
import { type StoredBin } from './stored-bin.js';

/** A stored bin as it is merged with others; it was read with all its columns. */
export function rowOfBin({ histogram, isBeyond, samples, ...bin }: StoredBin): RollupRow {
  return {
    ...bin,
    histogram: histogram && JSON.stringify(histogram),
    samples: samples ?? (isBeyond ? 'beyond' : null),
  };
}

/** A merged bin as its summaries are computed from it. */
export function binOfRow({ histogram, samples, ...row }: RollupRow, micros: number): StoredBin {
  return {
    ...row,
    micros,
    histogram: histogram === null ? null : (JSON.parse(histogram) as Record<string, number>),
    quantiles: quantileColumn({ ...row, histogram, samples }),
    isBeyond: samples === 'beyond',
    samples: samples === 'beyond' ? null : samples,
    sealed: null,
  };
}

/**
 * The bin of the points of all bins, in steps; `undefined` of none. They are merged two by two, so that none is copied
 * more often than their number has binary digits.
 */
export function* mergedAll(rows: readonly RollupRow[]): Generator<void, RollupRow | undefined, void> {
  let left = rows;
  while (left.length > 1) {
    const pairs: RollupRow[] = [];
    for (let at = 0; at < left.length; at += 2) {
      const [a, b] = left.slice(at, at + 2);
      if (a) pairs.push(b ? yield* mergedRows(a, b) : a);
      yield;
    }
    left = pairs;
  }
  return left[0];
}
