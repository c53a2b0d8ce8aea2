import { Injectable } from '@nestjs/common';
import { ExactSum, quotient } from 'marigram-client/exact';
import { NotFound } from '../common/errors.js';
import { MICROS_PER_SECOND } from '../common/time.js';
import { NumberSeries } from '../statistics/number-series.js';
import { type StatisticsQuery } from '../statistics/statistics-query.js';
import { type StatisticsObject } from '../statistics/statistics.dto.js';
import { StatisticsService } from '../statistics/statistics.service.js';
import { type StoredMetadata } from '../storage/registry/metadata-store.js';
import { SensorStore } from '../storage/registry/sensor-store.js';
import { type RecentObject } from './measurements.dto.js';
import { DEFAULT_TYPE } from './sensor-types.js';

const HOUR = 3600 * MICROS_PER_SECOND;
const DAY = 24 * HOUR;

/** The exact mean of numbers. */
class Mean {
  private readonly sum = new ExactSum();
  private count = 0n;

  add(value: number): void {
    this.sum.add(value);
    this.count++;
  }

  /** `null` of none. */
  get value(): number | null {
    return this.count === 0n ? null : quotient(this.sum.total(), { digits: this.count, scale: 0 });
  }
}

/** Finds sensors, and what they measured. */
@Injectable()
export class SensorsService {
  constructor(
    private readonly store: SensorStore,
    private readonly numbers: NumberSeries,
    private readonly statisticsOf: StatisticsService,
  ) {}

  /** Throws `NotFound` where there is no such sensor. */
  async find(sensor: string): Promise<StoredMetadata> {
    const found = await this.store.stored(sensor);
    if (!found) throw new NotFound(`there is no sensor ${JSON.stringify(sensor)}`);
    return found;
  }

  /** The temperatures of the last hour, 7 and 30 days, by the database's clock; `null` where there are none. */
  async recent(sensor: string): Promise<RecentObject> {
    const [hour, week] = [new Mean(), new Mean()];
    let max: number | null = null;
    let now = 0;
    const rangeAt = (time: number) => ({ begin: (now = time) - 30 * DAY, end: Infinity });
    await this.numbers.read((await this.keyOf(sensor)) ?? '', DEFAULT_TYPE, rangeAt, ({ micros, value }) => {
      max = Math.max(max ?? value, value);
      if (micros >= now - 7 * DAY) week.add(value);
      if (micros >= now - HOUR) hour.add(value);
    });
    return {
      sensorUuid: sensor,
      averageLastHour: hour.value,
      averageLast7Days: week.value,
      maxLast30Days: max,
    };
  }

  /** Those of the temperature unless the query names another event type. Throws as `StatisticsService.of` does. */
  async statistics(sensor: string, query: StatisticsQuery): Promise<StatisticsObject> {
    const found = await this.statisticsOf.of(await this.keyOf(sensor), query.eventType ?? DEFAULT_TYPE, query);
    return { sensor, ...found };
  }

  private async keyOf(sensor: string): Promise<string | undefined> {
    return (await this.store.find([sensor])).get(sensor)?.metadataKey;
  }
}
