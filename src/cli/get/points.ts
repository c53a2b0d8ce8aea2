import { type ReadOptions } from 'marigram-client';
import { formatSeconds } from '../../common/time.js';
import { BUILT_IN } from '../../event-types/catalogue.js';
import { eventTypesOf } from '../event-types-of.js';
import { asking, connect, type Request } from './connection.js';
import { type Quantity, quantityOf } from './quantity.js';
import { pointTimes } from '../filters.js';
import { findSeries, type FoundSeries } from './find-series.js';
import { type RecordKind, writeRecords } from '../record-format.js';
import { type SeriesWords } from './series-words.js';
import { type AnyPoint, writeSeries } from './series-table.js';

/** Which points to print: with a limit and no order the newest, oldest first. */
export interface PointsRequest extends Request {
  readonly words: SeriesWords;
  /** The order of reading, which is that of printing, too. */
  readonly order?: 'asc' | 'desc' | undefined;
}

/** Rows of a table without a limit or time range: the newest. */
const DEFAULT_ROWS = 50;

const KIND: RecordKind<AnyPoint> = {
  columns: ['ts', 'val'],
  cellsOf: ({ tsMicros, val }) => [formatSeconds(tsMicros), typeof val === 'number' ? val : JSON.stringify(val)],
  jsonOf: ({ tsMicros, val }) => `{"ts":${formatSeconds(tsMicros)},"val":${JSON.stringify(val)}}`,
};

/** Prints the points of one event type as they come, however many there are. Throws an `OperatorError`. */
export async function getPoints(request: PointsRequest): Promise<void> {
  await show(request, 'points');
}

/** Prints a summary, a window a line. Throws an `OperatorError`. */
export async function getSummary(request: PointsRequest): Promise<void> {
  await show(request, 'summary');
}

async function show(request: PointsRequest, what: 'points' | 'summary'): Promise<void> {
  const { screen, format, limit, order, url } = request;
  await asking(url, async () => {
    const series = await findSeries(request, request.words, what);
    const times = pointTimes(request.filters);
    const isOpen = Object.values({ ...times, limit, order }).every((value) => value === undefined);
    const newest = limit ?? (isOpen && format === 'table' ? DEFAULT_ROWS : undefined);
    const points =
      newest === undefined || order !== undefined
        ? read(series, { ...times, order, limit })
        : await readNewest(series, { ...times, limit: newest });
    if (format !== 'table') await writeRecords(screen, format, KIND, points);
    else {
      const count = await writeSeries(screen, series, points, await quantityOfSeries(request, series));
      if (count === 0) screen.note(isOpen ? 'There are no points yet.' : 'There are no points in this time.');
      if (isOpen && count === DEFAULT_ROWS) screen.note(`These are the newest ${DEFAULT_ROWS}: for others see --help.`);
    }
    await screen.flush();
  });
}

/** How its numbers are written; only the archive knows the unit of a declared event type. */
async function quantityOfSeries(request: PointsRequest, { eventType: { eventType } }: FoundSeries): Promise<Quantity> {
  if (BUILT_IN.has(eventType)) return quantityOf(eventType);
  return quantityOf(eventType, (await eventTypesOf(connect(request, {}))).get(eventType));
}

/** The newest points, oldest first, so that the newest is at the bottom of the screen. */
async function readNewest(series: FoundSeries, options: ReadOptions): Promise<AnyPoint[]> {
  const points: AnyPoint[] = [];
  for await (const point of read(series, { ...options, order: 'desc' })) points.push(point);
  return points.reverse();
}

function read({ eventType, summary }: FoundSeries, options: ReadOptions): AsyncIterable<AnyPoint> {
  return (summary ?? eventType).points(options);
}
