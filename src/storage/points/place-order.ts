import { RAW_SCALE } from './segment-codec.js';
import { type Point, PointSlice, type PointRun } from './point-slice.js';

/** Where a point comes among the others of its series: they are in the order of time, then of row. */
export interface Place {
  /** The time in micros. */
  readonly micros: number;
  /** As of `PointColumns`. */
  readonly row: number;
}

/** Columns in the order of places. */
interface PlaceColumns {
  readonly micros: ArrayLike<number>;
  readonly rows?: ArrayLike<number> | undefined;
}

/** The index of the first point of a run that is not before a place; `end` where all are. */
export function indexOfPlace(run: PointRun, place: Place, from = run.begin): number {
  return searchPlace(run, place, from, run.end);
}

/** As `indexOfPlace`, in columns from index `from` to `end` (exclusive). */
function searchPlace({ micros, rows }: PlaceColumns, place: Place, from: number, end: number): number {
  let [low, high] = [from, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    const time = micros[middle] ?? Infinity;
    if (time < place.micros || (time === place.micros && (rows?.[middle] ?? 0) < place.row)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the point at a place; `undefined` where there is none. */
export function findPlace(columns: PlaceColumns, place: Place): number | undefined {
  const index = searchPlace(columns, place, 0, columns.micros.length);
  const isThere = columns.micros[index] === place.micros && (columns.rows?.[index] ?? 0) === place.row;
  return isThere ? index : undefined;
}

/** Runs, each of which is in the order of places, as one sequence in that order; none is empty. Shares their memory. */
export function inPlaceOrder(runs: readonly PointRun[]): readonly PointRun[] {
  const ascending = (a: PointRun, b: PointRun): number => (isBefore(placeAt(a, a.begin), placeAt(b, b.begin)) ? -1 : 1);
  return merge(runs.filter(({ begin, end }) => begin < end).sort(ascending));
}

function merge(runs: readonly PointRun[]): readonly PointRun[] {
  if (runs.length < 2) return runs;
  const middle = runs.length >> 1;
  return mergeTwo(merge(runs.slice(0, middle)), merge(runs.slice(middle)));
}

function mergeTwo(a: readonly PointRun[], b: readonly PointRun[]): PointRun[] {
  const merged: PointRun[] = [];
  let [first, second] = [new RunCursor(a), new RunCursor(b)];
  for (;;) {
    const [one, other] = [first.place, second.place];
    if (!one && !other) return merged;
    if (!one || (other && isBefore(other, one))) [first, second] = [second, first];
    first.moveTo(second.place, merged);
  }
}

/** Walks over a sequence of runs. */
class RunCursor {
  private next = 0;
  private run: PointRun | undefined;
  private index = 0;

  constructor(private readonly runs: readonly PointRun[]) {
    this.open();
  }

  /** The place of the next point; `undefined` at the end. */
  get place(): Place | undefined {
    return this.run && placeAt(this.run, this.index);
  }

  /** Moves to a place, or to the end; adds the points on the way to `passed`. */
  moveTo(place: Place | undefined, passed: PointRun[]): void {
    while (this.run) {
      const { run, index } = this;
      const end = place ? indexOfPlace(run, place, index) : run.end;
      if (index < end) passed.push({ ...run, begin: index, end });
      this.index = end;
      if (end < run.end) return;
      this.open();
    }
  }

  private open(): void {
    this.run = this.runs[this.next++];
    this.index = this.run?.begin ?? 0;
  }
}

/** The place of the point at an index. */
export function placeAt({ micros, rows }: PlaceColumns, index: number): Place {
  return { micros: micros[index] ?? 0, row: rows?.[index] ?? 0 };
}

/** The place of a point that was read. */
export function placeOf({ micros, row = 0 }: Point): Place {
  return { micros, row };
}

export function isBefore(a: Place, b: Place): boolean {
  return a.micros < b.micros || (a.micros === b.micros && a.row < b.row);
}

/** The points of a sequence of runs in memory of their own. */
export function copyOf(runs: readonly PointRun[]): PointRun {
  const points = new PointSlice(runs);
  const { length } = points;
  const [micros, rows, numbers] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
  const documents: string[] = [];
  let at = 0;
  for (const { micros: time, row, value, document } of points) {
    micros[at] = time;
    rows[at] = row ?? 0;
    numbers[at++] = value ?? 0;
    if (document !== null) documents.push(document);
  }
  const values = documents.length > 0 ? { documents } : { values: { digits: numbers, scale: RAW_SCALE } };
  return { micros, rows, ...values, begin: 0, end: length };
}

/** Compares points of the same columns, by their indexes, for `sort`. */
export function comparePlaces({ micros, rows }: PlaceColumns): (a: number, b: number) => number {
  return (a, b) => (micros[a] ?? 0) - (micros[b] ?? 0) || (rows?.[a] ?? 0) - (rows?.[b] ?? 0);
}
