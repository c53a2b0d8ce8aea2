import { type StoredValue } from '../../event-types/data-types.js';

/** Points of one series as columns, one element a point. The columns that the data type does not have are empty. */
export interface PointColumns {
  readonly micros: readonly number[];
  /** Numbers, or the numerators of percentages. */
  readonly values: readonly number[];
  /** The denominators of percentages. */
  readonly denominators: readonly number[];
  /** JSON texts. */
  readonly documents: readonly string[];
  /**
   * The second part of the place: of a stream its row number, of other series the nanoseconds within the microsecond, 0
   * to 999. Absent where all are 0.
   */
  readonly rows?: readonly number[] | undefined;
}

/** Columns that can still grow. */
export class OpenColumns implements PointColumns {
  readonly micros: number[] = [];
  readonly values: number[] = [];
  readonly denominators: number[] = [];
  readonly documents: string[] = [];
  rows: number[] | undefined;

  /** @param row the second part of its place; 0 unless given. */
  add(micros: number, { value, denominator, document }: StoredValue, row?: number): void {
    this.micros.push(micros);
    if (document !== null) this.documents.push(document);
    else this.values.push(value ?? 0);
    if (denominator !== null) this.denominators.push(denominator);
    if (row !== undefined || this.rows) this.rowsOf(this.micros.length - 1).push(row ?? 0);
  }

  /** Adds a number without a denominator. @param row the second part of its place. */
  addNumber(micros: number, value: number, row: number): void {
    this.micros.push(micros);
    this.values.push(value);
    if (row !== 0 || this.rows) this.rowsOf(this.micros.length - 1).push(row);
  }

  /** Adds all points of other columns of the same data type. */
  append({ micros, values, denominators, documents, rows }: PointColumns): void {
    if (rows || this.rows) {
      const ofAll = this.rowsOf(this.micros.length);
      for (let index = 0; index < micros.length; index++) ofAll.push(rows?.[index] ?? 0);
    }
    for (const time of micros) this.micros.push(time);
    for (const value of values) this.values.push(value);
    for (const denominator of denominators) this.denominators.push(denominator);
    for (const document of documents) this.documents.push(document);
  }

  /** The column of rows, which has this length at least: points came without, as long as all rows were 0. */
  private rowsOf(length: number): number[] {
    return (this.rows ??= new Array<number>(length).fill(0));
  }
}

/** Columns without points. */
export const NO_POINTS: PointColumns = { micros: [], values: [], denominators: [], documents: [] };

/** The points at these indexes, in their order. */
export function pick(columns: PointColumns, indexes: readonly number[]): PointColumns {
  const of = <T>(column: readonly T[]): T[] => (column.length === 0 ? [] : indexes.map((index) => column[index] as T));
  return {
    micros: of(columns.micros),
    values: of(columns.values),
    denominators: of(columns.denominators),
    documents: of(columns.documents),
    ...(columns.rows && { rows: of(columns.rows) }),
  };
}

/** The value of the point at an index. */
export function valueAt({ values, denominators, documents }: PointColumns, index: number): StoredValue {
  return {
    value: values[index] ?? null,
    denominator: denominators[index] ?? null,
    document: documents[index] ?? null,
  };
}

export function isSameValue(a: StoredValue, b: StoredValue): boolean {
  return Object.is(a.value, b.value) && a.denominator === b.denominator && a.document === b.document;
}

/** The value at a place becomes another one. */
export interface Replacement {
  readonly place: number;
  /** The index of the other value, in columns of its own. */
  readonly index: number;
}

/** The columns with some of their values replaced by those of other columns of the same data type. */
export function withReplaced(
  columns: PointColumns,
  replacements: readonly Replacement[],
  others: PointColumns,
): PointColumns {
  const of = <T>(column: readonly T[], other: readonly T[]): readonly T[] => {
    if (column.length === 0) return column;
    const replaced = [...column];
    for (const { place, index } of replacements) replaced[place] = other[index] as T;
    return replaced;
  };
  return {
    micros: columns.micros,
    values: of(columns.values, others.values),
    denominators: of(columns.denominators, others.denominators),
    documents: of(columns.documents, others.documents),
    rows: columns.rows,
  };
}

/** The points from index `begin` to `end` (exclusive). */
export function slice(
  { micros, values, denominators, documents, rows }: PointColumns,
  begin: number,
  end: number,
): PointColumns {
  return {
    micros: micros.slice(begin, end),
    values: values.slice(begin, end),
    denominators: denominators.slice(begin, end),
    documents: documents.slice(begin, end),
    ...(rows && { rows: rows.slice(begin, end) }),
  };
}

/** The index of the first of ascending times that is not before a time (micros); their number where all are. */
export function indexOfTime(times: ArrayLike<number>, micros: number, begin = 0, end = times.length): number {
  let [low, high] = [begin, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) < micros) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the first of ascending times that is after a time (micros); their number where none is. */
export function indexAfterTime(times: ArrayLike<number>, micros: number, begin = 0, end = times.length): number {
  let [low, high] = [begin, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= micros) low = middle + 1;
    else high = middle;
  }
  return low;
}
