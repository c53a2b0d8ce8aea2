import { Injectable } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { resolveRange } from '../common/time-range.js';
import { DATA_TYPES, type DataType, isNumeric } from '../event-types/data-types.js';
import { emptyPage, type RowPage } from '../rows/row-page.js';
import { type RowWriter } from '../rows/row-writer.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { type Point, type PointSlice } from '../storage/points/point-slice.js';
import { type PointRange } from '../storage/points/point-source.js';
import { PointStore } from '../storage/points/point-store.js';
import { numberAt, RAW_SCALE } from '../storage/points/segment-codec.js';
import { SeriesStore } from '../storage/registry/series-store.js';
import { type PointQuery } from './point-query.js';

/** A series, as clients name it. */
export interface SeriesName {
  readonly metadataKey: string;
  readonly eventType: string;
  /** In seconds. Points have none, which is 0; there are none in any other. */
  readonly window?: number | undefined;
}

/** Reads stored points. */
@Injectable()
export class ReadService {
  constructor(
    private readonly series: SeriesStore,
    private readonly eventTypes: EventTypeStore,
    private readonly points: PointStore,
  ) {}

  /**
   * A page of points; it is empty for an unknown metadata key and for an event type that is not registered. Throws
   * `Invalid` for an event type that the archive does not know, and for a form that its values do not have.
   */
  async read({ metadataKey, eventType, window = 0 }: SeriesName, query: PointQuery): Promise<RowPage> {
    const { range, order, page, form } = query;
    const extent = window === 0 ? await this.series.extent(metadataKey, eventType) : undefined;
    // A series tells its data type; without one, there may be no such event type at all.
    if (!extent) await this.eventTypes.require(metadataKey, eventType);
    if (!extent || extent.first === null || extent.last === null) return emptyPage(page);
    const { id, dataType, isStream, fromPrimary } = extent;
    const { begin, end } = resolveRange(range, extent.now);
    // Nothing is looked for where the series has nothing: that would cost a look into each chunk.
    const bounds = {
      begin: Math.max(begin, extent.first, extent.cutOff ?? -Infinity),
      end: Math.min(end, extent.last),
    };
    if (bounds.begin > bounds.end) return emptyPage(page);
    const points: PointRange = { series: id, dataType, isStream, ...bounds, descending: order === 'desc', fromPrimary };
    const encode = encoderOf(DATA_TYPES[dataType], form);
    return { source: this.points.source(points), page, write: encode ? writeWith(encode) : writeNumbers };
  }
}

function writeWith(encode: (point: Point) => string): (points: PointSlice, writer: RowWriter) => void {
  return (points, writer) => {
    for (const point of points) writer.json(point.micros, encode(point));
  };
}

/**
 * How values are written; `undefined` for plain numbers, which are read and written faster. A form means something to
 * data types that have several. Throws `Invalid` where they lack this one.
 */
function encoderOf(dataType: DataType, form: string | undefined): DataType['encode'] | undefined {
  const { encode, forms } = dataType;
  if (form === undefined || !forms) return isNumeric(dataType) ? undefined : encode;
  const found = forms.get(form);
  if (!found) throw new Invalid(`percentages: expected ${[...forms.keys()].join(', ')}, got ${JSON.stringify(form)}`);
  return found;
}

/** Writes numbers, and percentages as their quotients. */
function writeNumbers(points: PointSlice, writer: RowWriter): void {
  writer.expect(points.length);
  for (const { micros, values, denominators, begin, end } of points.runs) {
    if (!values) continue;
    if (!denominators && values.scale !== RAW_SCALE) {
      writer.decimals(micros, values.digits, values.scale, begin, end);
      continue;
    }
    for (let index = begin; index < end; index++) {
      const value = numberAt(values, index);
      writer.number(micros[index] ?? 0, denominators ? value / numberAt(denominators, index) : value);
    }
  }
}
