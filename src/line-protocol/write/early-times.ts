import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type Caller } from '../../auth/caller.js';
import { Metrics } from '../../metrics/metrics.js';

/** How often one key is warned about, at most. */
const WARNING_INTERVAL_MS = 3_600_000;

/** Notices points before 1990: their times are probably in another unit than the request said. */
@Injectable()
export class EarlyTimes {
  private readonly logger = new Logger(EarlyTimes.name);
  private readonly warned = new LRUCache<string, true>({ max: 1000, ttl: WARNING_INTERVAL_MS });

  constructor(private readonly metrics: Metrics) {}

  /** Counts points, and warns about their sender once an hour. */
  record(points: number, { name }: Caller): void {
    this.metrics.pointsBefore1990.inc(points);
    if (this.warned.has(name)) return;
    this.warned.set(name, true);
    this.logger.warn(
      `${points} points of ${name} are before 1990 and were stored there: is the precision of the times the one of the request?`,
    );
  }
}
