import { Injectable } from '@nestjs/common';
import { Conflict, Invalid, NotFound, Unavailable } from '../common/errors.js';
import { formatSeconds } from '../common/time.js';
import { dataTypeOf } from '../event-types/catalogue.js';
import { DATA_TYPES } from '../event-types/data-types.js';
import { Metrics } from '../metrics/metrics.js';
import { type SeriesPoint } from '../storage/point-store.js';
import { SeriesCache } from '../storage/series-cache.js';
import { type SeriesOfMetadata, StaleSeries } from '../storage/series-store.js';
import { WriteQueue } from '../storage/write-queue.js';
import { type PostedPoint } from './parse-points.js';

/** How often a request is resolved again whose series keep changing under it. */
const ATTEMPTS = 5;

/** Stores posted points. */
@Injectable()
export class WriteService {
  constructor(
    private readonly series: SeriesCache,
    private readonly queue: WriteQueue,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Stores the points of one request in one transaction and resolves after its commit. A point whose event type its
   * metadata does not list is dropped, whatever its value; one that is older than the cut-off of its series, too.
   * @param metadataKey the metadata that the request names, which must exist even where there are no points.
   * Throws, with nothing stored: `NotFound` for an unknown metadata key, `Invalid` for an unknown event type or a bad
   * value, `Unavailable`. Throws `Conflict` where additive points were there already; all others are stored then.
   */
  async write(posted: readonly PostedPoint[], metadataKey?: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.writeOnce(posted, metadataKey);
        return;
      } catch (error) {
        if (!(error instanceof StaleSeries)) throw error;
        if (attempt >= ATTEMPTS) throw new Unavailable('the metadata keeps changing, try again', 1, { cause: error });
        this.series.forget(keysOf(posted));
      }
    }
  }

  private async writeOnce(posted: readonly PostedPoint[], metadataKey: string | undefined): Promise<void> {
    const series = await this.resolve(posted, metadataKey);
    const registered = posted.filter((point) => series.get(point.metadataKey)?.has(point.eventType));
    const parsed = registered.map((point) => ({ point, stored: toSeriesPoint(point, series) }));
    // The version check of the write makes this exact: a cut-off that moves sends the request back to look again.
    const kept = parsed.filter(({ stored: { micros, series } }) => micros >= (series.cutOff ?? -Infinity));
    const { stored, conflicts } = await this.queue.write(kept.map((one) => one.stored));
    this.metrics.pointsUnregistered.inc(posted.length - registered.length);
    this.metrics.pointsExpired.inc(registered.length - kept.length);
    if (conflicts.length === 0) return;
    const skipped = conflicts.flatMap((index) => kept[index]?.point ?? []);
    throw new Conflict(describe(skipped), stored, skipped.map(toConflict));
  }

  /** The series of all metadata of the points. Throws `NotFound` and `Invalid` for what is unknown. */
  private async resolve(
    posted: readonly PostedPoint[],
    metadataKey: string | undefined,
  ): Promise<Map<string, SeriesOfMetadata>> {
    const keys = keysOf(posted);
    if (metadataKey !== undefined) keys.add(metadataKey);
    let series = await this.series.get(keys);
    const isMissing = ({ metadataKey, eventType }: PostedPoint): boolean => !series.get(metadataKey)?.has(eventType);
    if (posted.some(isMissing)) {
      // Another server process may have registered it since: dropping a point takes a fresh look.
      this.series.forget(posted.filter(isMissing).map(({ metadataKey }) => metadataKey));
      series = await this.series.get(keys);
    }
    for (const key of keys) if (!series.has(key)) throw new NotFound(`there is no metadata ${key}`);
    for (const { eventType, where } of posted)
      if (dataTypeOf(eventType) === undefined)
        throw new Invalid(`${where}: there is no event type ${JSON.stringify(eventType)}`);
    return series;
  }
}

function keysOf(posted: readonly PostedPoint[]): Set<string> {
  return new Set(posted.map(({ metadataKey }) => metadataKey));
}

function toSeriesPoint(point: PostedPoint, series: ReadonlyMap<string, SeriesOfMetadata>): SeriesPoint {
  const { metadataKey, eventType, micros, value, where } = point;
  const ref = series.get(metadataKey)?.get(eventType);
  const name = dataTypeOf(eventType);
  if (!ref || !name) throw new Error(`unresolved point: ${where}`);
  const dataType = DATA_TYPES[name];
  return { series: ref, additive: dataType.additive, micros, ...dataType.parse(value, where) };
}

function toConflict({ micros, eventType }: PostedPoint): { ts: number; 'event-type': string } {
  return { ts: Number(formatSeconds(micros)), 'event-type': eventType };
}

function describe(skipped: readonly PostedPoint[]): string {
  const [first] = skipped;
  if (!first) return '';
  const point = `${first.eventType} has a point at ${formatSeconds(first.micros)} already`;
  return skipped.length === 1 ? point : `${point}, and ${skipped.length - 1} more points were there`;
}
