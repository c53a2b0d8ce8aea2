import { Injectable } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { WriteLimits } from '../auth/write-limits.js';
import { NotFound } from '../common/errors.js';
import { AppConfig } from '../config/config.js';
import { type PostedPoint } from '../data/parse-points.js';
import { PostedPoints } from '../data/posted-points.js';
import { type WriteReport } from '../data/write-report.js';
import { WriteService } from '../data/write.service.js';
import { type RequestKey } from '../http/idempotency-key.js';
import { MetadataService } from '../metadata/metadata.service.js';
import { newSensor } from '../metadata/new-sensor.js';
import { Metrics } from '../metrics/metrics.js';
import { retry, type RetryPolicy } from '../postgres/retry.js';
import { PlaceTaken } from '../storage/ingest/refused-requests.js';
import { SensorCache, TooManySensors } from '../storage/registry/sensor-store.js';
import { SeriesCache } from '../storage/registry/series-cache.js';
import { type SeriesOfMetadata } from '../storage/registry/series-store.js';
import { subjectOfSensor } from '../storage/registry/subject-store.js';
import { ArrivalTimes } from './arrival-times.js';
import { type Measurement, type Measurements } from './parse-measurements.js';
import { BadMembers, UnknownSensor } from './refusals.js';

/** What a sensor sent in one request. */
export interface SensorWrite {
  readonly sensor: string;
  readonly measurements: Measurements;
  readonly caller: Caller;
  readonly requestKey?: RequestKey | undefined;
}

/** Other servers give out the same times of arrival, now and then. */
const TAKEN_TIMES: RetryPolicy = { attempts: 1000, isWorthRetrying: (error) => error instanceof PlaceTaken };

/** A sensor may be deleted between its look-up and the write. */
const GONE: RetryPolicy = {
  attempts: 5,
  isWorthRetrying: (error) => error instanceof NotFound && !(error instanceof UnknownSensor),
};

/** Stores what sensors measured. */
@Injectable()
export class SensorWrites {
  private readonly arrivals = new ArrivalTimes();

  constructor(
    private readonly sensors: SensorCache,
    private readonly series: SeriesCache,
    private readonly metadata: MetadataService,
    private readonly writer: WriteService,
    private readonly limits: WriteLimits,
    private readonly metrics: Metrics,
    private readonly config: AppConfig,
  ) {}

  /**
   * Stores the measurements of one request in one transaction and resolves after its commit. The sensor is registered
   * before, with the event types that are new. A point that is there with the same value is no conflict; one without a time
   * gets that of its arrival, or the next free microsecond.
   * Throws, with nothing stored: `Forbidden`, `UnknownSensor`, `BadMembers` where there are too many sensors, `KeyReused`,
   * `Unavailable`. Points whose places are taken by others are a conflict in the report; all other points are stored.
   */
  async write(request: SensorWrite): Promise<WriteReport> {
    const { sensor, measurements, caller } = request;
    this.limits.check(caller, subjectOfSensor(sensor));
    const report = await retry(GONE, () => this.storeRegistered(request), {
      beforeNext: () => {
        this.sensors.forget([sensor]);
      },
    });
    if (measurements.ignored > 0) this.metrics.sensorMembersIgnored.inc(measurements.ignored);
    return report;
  }

  private async storeRegistered({ sensor, measurements, caller, requestKey }: SensorWrite): Promise<WriteReport> {
    const metadataKey = await this.registered(sensor, measurements.all, caller);
    return retry(TAKEN_TIMES, () =>
      this.writer.write({
        points: PostedPoints.of(measurements.all.flatMap((one) => this.pointsOf(one, metadataKey))),
        ...{ caller, metadataKey, requestKey, takesRepeats: true, dropsNothing: true },
      }),
    );
  }

  private pointsOf({ micros, values }: Measurement, metadataKey: string): PostedPoint[] {
    const time = micros ?? this.arrivals.next();
    const mustBeNew = micros === undefined;
    return [...values].map(([eventType, value]) => {
      return { metadataKey, eventType, micros: time, value, item: 0, position: 0, mustBeNew };
    });
  }

  /** The metadata of a sensor, with all event types of these measurements. */
  private async registered(sensor: string, measurements: readonly Measurement[], caller: Caller): Promise<string> {
    const known = await this.find(sensor);
    if (!known && this.config.sensorRegistration === 'known') throw new UnknownSensor();
    const missing = new Set<string>();
    for (const { values } of measurements)
      for (const name of values.keys()) if (!known?.series.has(name)) missing.add(name);
    if (known && missing.size === 0) return known.metadataKey;
    const metadataKey = await this.register(sensor, missing, caller);
    this.series.forget([metadataKey]);
    return metadataKey;
  }

  private async find(sensor: string): Promise<{ metadataKey: string; series: SeriesOfMetadata } | undefined> {
    const metadataKey = (await this.sensors.get([sensor])).get(sensor)?.metadataKey;
    if (metadataKey === undefined) return undefined;
    const series = (await this.series.get([metadataKey])).get(metadataKey);
    if (series) return { metadataKey, series };
    // It was deleted, and perhaps registered again.
    this.sensors.forget([sensor]);
    return this.find(sensor);
  }

  private async register(sensor: string, eventTypes: ReadonlySet<string>, caller: Caller): Promise<string> {
    try {
      const wanted = newSensor(sensor, new Map([...eventTypes].map((name) => [name, []])));
      return (await this.metadata.register(wanted, caller)).key;
    } catch (error) {
      if (!(error instanceof TooManySensors)) throw error;
      throw new BadMembers([{ field: 'sensorUuid', message: error.message }]);
    }
  }
}
