import { Injectable } from '@nestjs/common';
import { emptyPage, type RowPage } from '../../rows/row-page.js';
import { type RowWriter } from '../../rows/row-writer.js';
import { type PointSlice } from '../../storage/points/point-slice.js';
import { PointStore } from '../../storage/points/point-store.js';
import { numberAt, RAW_SCALE } from '../../storage/points/segment-codec.js';
import { SeriesStore } from '../../storage/registry/series-store.js';
import { StreamsService } from '../streams.service.js';
import { type StreamRowQuery } from './point-query.js';

/** Reads points of streams. */
@Injectable()
export class StreamReads {
  constructor(
    private readonly streams: StreamsService,
    private readonly series: SeriesStore,
    private readonly points: PointStore,
  ) {}

  /** A page of points in the order of (time, row); empty where the stream keeps none. Throws `NotFound`. */
  async read(session: string, id: string, query: StreamRowQuery): Promise<RowPage<PointSlice>> {
    const { timeBase, from, to, order, page } = query;
    const { raw, metadataKey, type, testStart } = await this.streams.find(session, id);
    const origin = timeBase === 'relative' ? testStart : 0;
    const none = { ...emptyPage(page), source: undefined };
    const extent = raw ? await this.series.extent(metadataKey, type) : undefined;
    if (!extent || extent.first === null || extent.last === null) return none;
    // Nothing is looked for where the series has nothing: that would cost a look into each chunk.
    const begin = Math.max(from + origin, extent.first, extent.cutOff ?? -Infinity);
    const end = Math.min(to + origin, extent.last);
    if (begin > end) return none;
    const { id: series, dataType, fromPrimary } = extent;
    const range = { series, dataType, isStream: true, begin, end, descending: order === 'desc', fromPrimary };
    return { source: this.points.source(range), page, times: { origin, unit: 1 }, write: writePoints };
  }
}

function writePoints(points: PointSlice, writer: RowWriter): void {
  writer.expect(points.length);
  for (const { micros, values, documents, rows, begin, end } of points.runs) {
    if (values && values.scale !== RAW_SCALE) {
      writer.decimals(micros, values.digits, values.scale, begin, end, rows);
      continue;
    }
    for (let index = begin; index < end; index++) {
      const [time, row] = [micros[index] ?? 0, rows?.[index]];
      if (values) writer.number(time, numberAt(values, index), row);
      else writer.json(time, documents?.[index] ?? 'null', row);
    }
  }
}
