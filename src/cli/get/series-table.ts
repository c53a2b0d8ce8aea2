import { type DataPoint, type SummaryType } from 'marigram-client';
import { DATA_TYPES, isNumeric } from '../../event-types/data-types.js';
import { relativeTime, timeOf } from '../time-text.js';
import { categoriesText, distributionText } from './counts-text.js';
import { betweenWhom, type FoundSeries } from './find-series.js';
import { type Quantity } from './quantity.js';
import { type Screen } from '../screen.js';
import { SeriesShape } from './series-shape.js';
import { sparkline } from './series-shape.js';
import { writeTable } from '../table-writer.js';
import { type Column, printable } from '../text-table.js';
import { membersOf, numberOf, valueText } from './value-text.js';

/** A point of any series. */
export type AnyPoint = DataPoint<unknown>;

/** Members of a document that are columns of their own: title and name. */
type Members = readonly (readonly [title: string, name: string])[];

/** The summaries whose values have such members; all others have one column. */
const MEMBERS: Readonly<Partial<Record<SummaryType, Members>>> = {
  statistics: [
    ['MIN', 'minimum'],
    ['MEDIAN', 'median'],
    ['MEAN', 'mean'],
    ['P95', 'percentile-95'],
    ['MAX', 'maximum'],
    ['DEVIATION', 'standard-deviation'],
  ],
  quantiles: [
    ['MIN', 'q0'],
    ['MEDIAN', 'q50'],
    ['MEAN', 'average'],
    ['P95', 'q95'],
    ['P99', 'q99'],
    ['MAX', 'q100'],
    ['DEVIATION', 'stddev'],
  ],
};

/** The summaries whose values are counts, which have texts of their own and no course. */
const COUNTS: Readonly<Partial<Record<SummaryType, typeof valueText>>> = {
  distribution: distributionText,
  categories: categoriesText,
};

const WHEN = [{ title: 'TIME', whole: true }, { title: 'AGO' }] as const;

/** The widest drawing of a series. */
const MAX_SPARKLINE_WIDTH = 60;

/** Prints what a series is, its points, and the course of its numbers at the end. Returns how many points there are. */
export async function writeSeries(
  screen: Screen,
  series: FoundSeries,
  points: AsyncIterable<AnyPoint> | Iterable<AnyPoint>,
  quantity: Quantity,
): Promise<number> {
  const members = series.summary && MEMBERS[series.summary.summaryType];
  const counts = series.summary && COUNTS[series.summary.summaryType];
  const shape = new SeriesShape();
  const columns: Column[] = members
    ? members.map(([title]) => ({ title, align: 'right' }))
    : [{ title: 'VALUE', ...(hasNumbers(series) && { align: 'right' }) }];
  const cellsOf = (value: unknown): string[] =>
    members ? membersIn(value, members, quantity) : [(counts ?? valueText)(value, quantity)];
  await screen.line(screen.bold(printable(titleOf(series))));
  const count = await writeTable(screen, [...WHEN, ...columns], rowsOf(points, counts ? undefined : shape, cellsOf));
  if (shape.count > 0) await writeShape(screen, shape, quantity);
  return count;
}

async function* rowsOf(
  points: AsyncIterable<AnyPoint> | Iterable<AnyPoint>,
  shape: SeriesShape | undefined,
  cellsOf: (value: unknown) => string[],
): AsyncGenerator<string[]> {
  const now = Date.now();
  for await (const { ts, val } of points) {
    const number = shape && numberOf(val);
    if (number !== undefined) shape?.add(number);
    yield [timeOf(ts), relativeTime(ts, now), ...cellsOf(val)];
  }
}

async function writeShape(screen: Screen, shape: SeriesShape, quantity: Quantity): Promise<void> {
  const { minimum, mean, maximum, count } = shape;
  const bounds = `min ${quantity(minimum)}  avg ${quantity(mean)}  max ${quantity(maximum)}`;
  await screen.line('');
  if (count > 1) await screen.line(sparkline(shape.columns(Math.min(screen.width, MAX_SPARKLINE_WIDTH))));
  await screen.line(`${bounds}  ${screen.dim(`(${count.toLocaleString('en')} points)`)}`);
}

/** Numbers stand at the right. Shares are numbers, too. */
function hasNumbers({ eventType, summary }: FoundSeries): boolean {
  return isNumeric(DATA_TYPES[(summary ?? eventType).dataType]);
}

function titleOf({ metadata, eventType, summary }: FoundSeries): string {
  const kind = summary ? `, ${summary.summaryType} of ${summary.summaryWindow} s` : '';
  return `${eventType.eventType}${kind}: ${betweenWhom(metadata)}`;
}

function membersIn(value: unknown, members: Members, quantity: Quantity): string[] {
  const numbers = membersOf(value);
  return members.map(([, name]) => {
    const number = numbers[name];
    return number === undefined ? '-' : quantity(number);
  });
}
