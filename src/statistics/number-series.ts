import { Injectable } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { DATA_TYPES, isNumeric, numberOf } from '../event-types/data-types.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { SeriesStore } from '../storage/registry/series-store.js';
import { PointStore } from '../storage/points/point-store.js';
import { type PointSlice } from '../storage/points/point-slice.js';

/** A range of time in micros, both ends inclusive. */
export interface MicrosRange {
  readonly begin: number;
  readonly end: number;
}

/** A point as a number: a percentage is its quotient. */
export interface NumberPoint {
  readonly micros: number;
  readonly value: number;
}

/** Reads points of numbers and percentages as numbers. */
@Injectable()
export class NumberSeries {
  constructor(
    private readonly series: SeriesStore,
    private readonly eventTypes: EventTypeStore,
    private readonly points: PointStore,
  ) {}

  /**
   * Calls `add` with each point of a range in the order of time; with none for an unknown metadata key and an event type
   * that is not registered. Throws `Invalid` for an event type that the archive does not know, and for one of no numbers.
   * @param rangeAt gets the database's time in micros.
   */
  async read(
    metadataKey: string,
    eventType: string,
    rangeAt: (now: number) => MicrosRange,
    add: (point: NumberPoint) => void,
  ): Promise<void> {
    const extent = await this.series.extent(metadataKey, eventType);
    if (!extent) await this.eventTypes.require(metadataKey, eventType);
    if (!extent) return;
    const { id, dataType, isStream, first, last, cutOff, now, fromPrimary } = extent;
    if (!isNumeric(DATA_TYPES[dataType]))
      throw new Invalid(`${eventType} has ${dataType} values: only numbers and percentages have statistics`);
    if (first === null || last === null) return;
    const asked = rangeAt(now);
    const begin = Math.max(asked.begin, first, cutOff ?? -Infinity);
    const end = Math.min(asked.end, last);
    if (begin > end) return;
    const source = this.points.source({ series: id, dataType, isStream, begin, end, descending: false, fromPrimary });
    for await (const slice of source.slices(Infinity, 0)) addAll(slice, add);
  }
}

function addAll(slice: PointSlice, add: (point: NumberPoint) => void): void {
  for (const point of slice) add({ micros: point.micros, value: numberOf(point) ?? 0 });
}
