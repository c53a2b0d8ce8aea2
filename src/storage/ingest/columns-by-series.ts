import { DATA_TYPES, type OnConflict, type StoredValue } from '../../event-types/data-types.js';
import { OpenColumns, type PointColumns } from '../points/point-columns.js';
import { type SeriesRef } from '../registry/series-store.js';

/** The points of one series in a request: in any order, several of them at one place perhaps. */
export interface RequestColumns extends PointColumns {
  readonly series: SeriesRef;
  /** What to do where the series has a point at this place: skip the new one, or replace the stored one. */
  readonly onConflict: OnConflict;
  /** The index of each point among all points of the request. */
  readonly indexes: readonly number[];
}

/** Such points, as they are added. */
export class OpenRequestColumns extends OpenColumns implements RequestColumns {
  readonly indexes: number[] = [];

  constructor(
    readonly series: SeriesRef,
    readonly onConflict: OnConflict,
  ) {
    super();
  }
}

/** Sorts the points of a request by their series. */
export class ColumnsBySeries {
  private readonly bySeries = new Map<SeriesRef, OpenRequestColumns>();
  private last: OpenRequestColumns | undefined;
  private count = 0;

  /** @param onConflict for all series; what they, or else their data types, say unless given. */
  constructor(private readonly onConflict?: OnConflict) {}

  /** The number of points. */
  get size(): number {
    return this.count;
  }

  /** The points of each series, in the order of their first ones. */
  get columns(): readonly RequestColumns[] {
    return [...this.bySeries.values()];
  }

  /** @param nanos the nanoseconds within the microsecond, 0 to 999. */
  add(series: SeriesRef, micros: number, value: StoredValue, nanos = 0): void {
    const open = this.open(series);
    open.add(micros, value, nanos || undefined);
    open.indexes.push(this.count++);
  }

  /** Adds a point to columns that `open` has returned. @param nanos as of `add`. */
  addNumber(columns: OpenRequestColumns, micros: number, value: number, nanos = 0): void {
    columns.addNumber(micros, value, nanos);
    columns.indexes.push(this.count++);
  }

  /** The columns of a series. */
  open(series: SeriesRef): OpenRequestColumns {
    // In most requests, consecutive points belong to the same series.
    if (this.last?.series === series) return this.last;
    let open = this.bySeries.get(series);
    if (!open) {
      const ofSeries = series.replaces ? 'replace' : DATA_TYPES[series.dataType].onConflict;
      open = new OpenRequestColumns(series, this.onConflict ?? ofSeries);
      this.bySeries.set(series, open);
    }
    return (this.last = open);
  }
}
