import { Injectable } from '@nestjs/common';
import { Metrics } from '../../metrics/metrics.js';
import { CommitFeed } from './commit-feed.js';

/** Counts committed batches and their points in the metrics. */
@Injectable()
export class CommitMetrics {
  constructor(feed: CommitFeed, metrics: Metrics) {
    feed.subscribe(({ rows, replaced, writes }) => {
      metrics.batches.inc();
      metrics.pointsWritten.inc(rows);
      metrics.pointsOverwritten.inc(replaced);
      metrics.pointsConflicting.inc(writes.reduce((sum, { conflicts }) => sum + conflicts, 0));
    });
  }
}
