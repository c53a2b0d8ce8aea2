import { type ReadOptions } from 'marigram-client';
import { formatSeconds } from '../../common/time.js';
import { asking } from './connection.js';
import { pointTimes } from './filters.js';
import { findSeries, type FoundSeries } from './find-series.js';
import { type RecordKind, writeRecords } from './record-format.js';
import { type Request } from './request.js';
import { type SeriesWords } from './series-words.js';
import { type AnyPoint, writeSeries } from './series-table.js';

/** Which points to print. */
export interface PointsRequest extends Request {
  readonly words: SeriesWords;
  readonly order?: 'asc' | 'desc' | undefined;
}

/** How many points a table has where nothing says which: the newest. */
const NEWEST = 50;

const KIND: RecordKind<AnyPoint> = {
  columns: ['ts', 'val'],
  cellsOf: ({ tsMicros, val }) => [formatSeconds(tsMicros), typeof val === 'number' ? val : JSON.stringify(val)],
  jsonOf: ({ tsMicros, val }) => `{"ts":${formatSeconds(tsMicros)},"val":${JSON.stringify(val)}}`,
};

/** Prints the points of one event type as they come, however many there are. Throws a `StartError`. */
export async function getPoints(request: PointsRequest): Promise<void> {
  await show(request, 'points');
}

/** Prints a summary, a window a line. Throws a `StartError`. */
export async function getSummary(request: PointsRequest): Promise<void> {
  await show(request, 'summary');
}

async function show(request: PointsRequest, what: 'points' | 'summary'): Promise<void> {
  const { screen, format, url } = request;
  await asking(url, async () => {
    const series = await findSeries(request, request.words, what);
    const options: ReadOptions = { ...pointTimes(request.filters), order: request.order, limit: request.limit };
    if (format !== 'table') await writeRecords(screen, format, KIND, read(series, options));
    else if (isOpen(options)) await writeNewest(request, series);
    else if ((await writeSeries(screen, series, read(series, options))) === 0) screen.note('No points in this time.');
    await screen.flush();
  });
}

/** The end of a series, oldest first, as it is read on a screen: the newest stands last. */
async function writeNewest({ screen }: PointsRequest, series: FoundSeries): Promise<void> {
  const newest: AnyPoint[] = [];
  for await (const point of read(series, { order: 'desc', limit: NEWEST })) newest.unshift(point);
  const count = await writeSeries(screen, series, newest);
  if (count === 0) screen.note('There are no points yet.');
  if (count === NEWEST)
    screen.note(`These are the newest ${NEWEST}: for others see --time-range, --limit and --order.`);
}

function isOpen(options: ReadOptions): boolean {
  return Object.values(options).every((value) => value === undefined);
}

function read({ eventType, summary }: FoundSeries, options: ReadOptions): AsyncIterable<AnyPoint> {
  return (summary ?? eventType).points(options);
}
