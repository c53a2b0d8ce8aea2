import { type StoredValue } from '../../event-types/data-types.js';
import { indexAfterTime, indexOfTime } from './point-columns.js';
import { type DecodedColumn, numberAt } from './segment-codec.js';

/** One point as it is read. */
export interface Point extends StoredValue {
  readonly micros: number;
  /** The second part of its place, as of `PointColumns`; 0 where it is absent. */
  readonly row?: number | undefined;
}

/** Neighbouring points in the columns that they were decoded into, from index `begin` to `end` (exclusive). */
export interface PointRun {
  readonly micros: Float64Array;
  /** Numbers, or the numerators of percentages; absent for documents. */
  readonly values?: DecodedColumn | undefined;
  readonly denominators?: DecodedColumn | undefined;
  readonly documents?: readonly string[] | undefined;
  /** The second part of the places, as of `PointColumns`. Points are in the order of (time, row). */
  readonly rows?: Float64Array | undefined;
  readonly begin: number;
  readonly end: number;
}

/** Consecutive points of a series; a point becomes an object only on demand. */
export class PointSlice implements Iterable<Point> {
  readonly length: number;

  /** @param runs in the order of the slice; none is empty. */
  constructor(readonly runs: readonly PointRun[]) {
    this.length = runs.reduce((sum, { begin, end }) => sum + end - begin, 0);
  }

  /** Like that of an array. */
  at(index: number): Point | undefined {
    let rest = index < 0 ? this.length + index : index;
    for (const run of this.runs) {
      if (rest < run.end - run.begin) return rest < 0 ? undefined : pointOf(run, run.begin + rest);
      rest -= run.end - run.begin;
    }
    return undefined;
  }

  /** Like that of an array; shares its memory. */
  slice(begin: number, end: number): PointSlice {
    const runs: PointRun[] = [];
    let before = 0;
    for (const run of this.runs) {
      const from = Math.max(run.begin, run.begin + begin - before);
      const to = Math.min(run.end, run.begin + end - before);
      if (from < to) runs.push({ ...run, begin: from, end: to });
      before += run.end - run.begin;
    }
    return new PointSlice(runs);
  }

  *[Symbol.iterator](): Generator<Point, void, undefined> {
    for (const run of this.runs) for (let index = run.begin; index < run.end; index++) yield pointOf(run, index);
  }

  /** About how many bytes the points take in memory, and as text. */
  get size(): number {
    let size = 50 * this.length;
    for (const { documents, begin, end } of this.runs)
      if (documents) for (let index = begin; index < end; index++) size += documents[index]?.length ?? 0;
    return size;
  }
}

/** The part of a run from `begin` to `end` (micros, both inclusive). */
export function within(run: PointRun, begin: number, end: number): PointRun {
  const from = indexOfTime(run.micros, begin, run.begin, run.end);
  return { ...run, begin: from, end: indexAfterTime(run.micros, end, from, run.end) };
}

/**
 * Packed and loose points of a series that is no stream, each in the order of places, as one sequence. A loose point has
 * nanosecond 0, so it comes first in its microsecond. No place is in both: one that is against all rules comes twice.
 */
export function merged(packed: readonly PointRun[], loose: PointRun): PointRun[] {
  const runs: PointRun[] = [];
  const add = (run: PointRun, begin: number, end: number): void => {
    if (begin < end) runs.push({ ...run, begin, end });
  };
  let next = loose.begin;
  for (const run of packed)
    for (let at = run.begin; at < run.end;) {
      const before = indexAfterTime(loose.micros, run.micros[at] ?? Infinity, next, loose.end);
      add(loose, next, before);
      next = before;
      const until = next < loose.end ? indexOfTime(run.micros, loose.micros[next] ?? Infinity, at, run.end) : run.end;
      add(run, at, until);
      at = until;
    }
  add(loose, next, loose.end);
  return runs;
}

/** The same points, the last one first. */
export function reversed(runs: readonly PointRun[]): PointRun[] {
  return runs.toReversed().map(({ micros, rows, values, denominators, documents, begin, end }) => {
    const flip = (column: DecodedColumn | undefined): DecodedColumn | undefined =>
      column && { digits: column.digits.slice(begin, end).reverse(), scale: column.scale };
    return {
      micros: micros.slice(begin, end).reverse(),
      rows: rows?.slice(begin, end).reverse(),
      values: flip(values),
      denominators: flip(denominators),
      documents: documents?.slice(begin, end).reverse(),
      begin: 0,
      end: end - begin,
    };
  });
}

function pointOf({ micros, rows, values, denominators, documents }: PointRun, index: number): Point {
  return {
    micros: micros[index] ?? 0,
    row: rows?.[index],
    value: values ? numberAt(values, index) : null,
    denominator: denominators ? numberAt(denominators, index) : null,
    document: documents?.[index] ?? null,
  };
}
