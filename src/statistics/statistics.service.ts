import { Injectable } from '@nestjs/common';
import { secondsOf } from '../common/time.js';
import { inTurns } from '../common/turns.js';
import { type NumberPoint, NumberSeries } from './number-series.js';
import { NumberStatistics } from './number-statistics.js';
import { type StatisticsQuery } from './statistics-query.js';
import { type PointOfTimeObject, type StatisticsObject } from './statistics.dto.js';

const MEDIAN = 50;

/** The statistics of a series, which its reader names. */
export type Statistics = Omit<StatisticsObject, 'sensor' | 'metadata-key'>;

/** Nothing is known of no points. */
const NOTHING = {
  ...{ count: 0, minimum: null, maximum: null, mean: null, median: null },
  ...{ variance: null, 'standard-deviation': null, first: null, last: null, percentiles: {}, exact: true },
};

/** Computes statistics of the points of a series. */
@Injectable()
export class StatisticsService {
  constructor(private readonly numbers: NumberSeries) {}

  /**
   * The statistics of an event type of a metadata. Throws as `NumberSeries.read` does.
   * @param metadataKey `undefined` where there is no metadata: then there are no points.
   */
  async of(
    metadataKey: string | undefined,
    eventType: string,
    { since, until, percentiles }: StatisticsQuery,
  ): Promise<Statistics> {
    const statistics = new NumberStatistics();
    const range = { begin: since, end: until - 1 };
    await this.numbers.read(
      metadataKey ?? '',
      eventType,
      () => range,
      (point) => {
        statistics.add(point);
      },
    );
    const figures = await inTurns(statistics.figures([MEDIAN, ...percentiles]));
    const name = { 'event-type': eventType, since: secondsOf(since), until: secondsOf(until) };
    if (!figures) return { ...name, ...NOTHING };
    const { count, minimum, maximum, mean, variance, first, last, exact } = figures;
    const [median = null, ...others] = figures.percentiles;
    return {
      ...{ ...name, count, minimum, maximum, mean, median, variance, 'standard-deviation': Math.sqrt(variance) },
      ...{ first: pointOf(first), last: pointOf(last) },
      percentiles: Object.fromEntries(percentiles.map((percent, index) => [percent, others[index] ?? 0])),
      exact,
    };
  }
}

function pointOf({ micros, value }: NumberPoint): PointOfTimeObject {
  return { ts: secondsOf(micros), val: value };
}
