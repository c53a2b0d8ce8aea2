import { Injectable } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { parseTimeRange, type Query, resolveRange } from '../common/time-range.js';
import { DATA_TYPES, encodeFraction } from '../event-types/data-types.js';
import { type Slice } from '../postgres/row-source.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { type PointPairs } from '../storage/points/point-pairs.js';
import { type Point, type PointRange, PointStore } from '../storage/points/point-store.js';
import { SeriesStore } from '../storage/registry/series-store.js';
import { type PointsRead } from './points-format.js';
import { type RowWriter } from './row-writer.js';

const NOTHING: PointsRead<Slice> = { source: undefined, write: () => undefined };

/** Reads stored points. */
@Injectable()
export class ReadService {
  constructor(
    private readonly series: SeriesStore,
    private readonly eventTypes: EventTypeStore,
    private readonly points: PointStore,
  ) {}

  /**
   * Where the points are that a query string asks for; none for an unknown metadata key or an event type that is not
   * registered.
   * @param window the window in the URL: base points have none, so that anything but 0 (or nothing) has no points.
   * Throws `Invalid` for an event type that the archive does not know, bad time parameters, and a bad window.
   */
  async read(
    metadataKey: string,
    eventType: string,
    window: string | undefined,
    query: Query,
  ): Promise<PointsRead<Slice>> {
    const range = parseTimeRange(query);
    const extent = parseWindow(window ?? '0') === 0 ? await this.series.extent(metadataKey, eventType) : undefined;
    // A series tells what its event type is; without one, there may be no such event type at all.
    if (!extent) await this.eventTypes.require(eventType);
    if (!extent || extent.first === null || extent.last === null) return NOTHING;
    const { dataType } = extent;
    const { begin, end } = resolveRange(range, extent.now);
    // Nothing is looked for where the series has nothing: that would cost a look into each chunk.
    const bounds = { begin: Math.max(begin, extent.first, extent.cutOff ?? -Infinity), end: Math.min(end, extent.last) };
    if (bounds.begin > bounds.end) return NOTHING;
    const { id, fromPrimary } = extent;
    const points: PointRange = { series: id, dataType, ...bounds, descending: query.order === 'desc', fromPrimary };
    const { additive, encode } = DATA_TYPES[dataType];
    if (dataType === 'percentage' && asksForFractions(query))
      return { source: this.points.source(points), write: writeWith(encodeFraction) };
    if (additive) return { source: this.points.numbers(points), write: writePairs };
    return { source: this.points.source(points), write: writeWith(encode) };
  }
}

function writeWith(encode: (row: Point) => string): (rows: readonly Point[], writer: RowWriter) => void {
  return (rows, writer) => {
    for (const row of rows) writer.json(row.micros, encode(row));
  };
}

/** Whether percentages are to come with both of their parts. Throws `Invalid` for another wish. */
function asksForFractions({ percentages }: Query): boolean {
  if (percentages !== undefined && percentages !== 'fractions')
    throw new Invalid(`percentages: expected fractions, got ${JSON.stringify(percentages)}`);
  return percentages !== undefined;
}

function writePairs(pairs: PointPairs, writer: RowWriter): void {
  writer.expect(pairs.length);
  for (let index = 0; index < pairs.length; index++) writer.number(pairs.micros(index), pairs.value(index));
}

/** The window in a URL, in seconds. Throws `Invalid` where it is no integer. */
export function parseWindow(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Invalid(`window: expected an integer, got ${JSON.stringify(text)}`);
  return Number(text);
}
