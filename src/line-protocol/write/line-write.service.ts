import { Injectable } from '@nestjs/common';
import { type DropReason, UsageCounters } from '../../audit/usage-counters.js';
import { type Caller } from '../../auth/caller.js';
import { WriteLimits } from '../../auth/write-limits.js';
import { inTurns } from '../../common/turns.js';
import { AppConfig } from '../../config/config.js';
import { Metrics } from '../../metrics/metrics.js';
import { Database } from '../../postgres/database.js';
import { retryWhileStale } from '../../storage/ingest/retry-while-stale.js';
import { WriteQueue } from '../../storage/ingest/write-queue.js';
import { subjectOfDatabase } from '../../storage/registry/subject-store.js';
import { type ParsedLines } from '../parse/parsed-lines.js';
import { type RefusedLines } from '../parse/refused-lines.js';
import { scanLines } from '../parse/scan-lines.js';
import { type Precision } from '../parse/time-reader.js';
import { EarlyTimes } from './early-times.js';
import { type KnownHead } from './known-head.js';
import { KnownHeads } from './known-heads.js';
import { LineColumns } from './line-columns.js';
import { LineSeries } from './line-series.js';

/** A request to store lines. */
export interface LineWrite {
  readonly body: Buffer;
  readonly database: string;
  readonly precision: Precision;
  readonly by: Caller;
}

/** What is told of lines that were not stored. */
export interface LineReport {
  /** In the words of InfluxDB. */
  readonly text: string;
  /** Whether all of them have fields of other types than those stored, and nothing else is wrong. */
  readonly isConflict: boolean;
}

/** Stores lines. */
@Injectable()
export class LineWriteService {
  constructor(
    private readonly heads: KnownHeads,
    private readonly series: LineSeries,
    private readonly queue: WriteQueue,
    private readonly db: Database,
    private readonly limits: WriteLimits,
    private readonly usage: UsageCounters,
    private readonly metrics: Metrics,
    private readonly earlyTimes: EarlyTimes,
    private readonly config: AppConfig,
  ) {}

  /**
   * Stores the lines of a body in one transaction, and resolves after its commit; `undefined` where all are stored. A stored
   * value at the same time and nanosecond is replaced, so that any request may be sent again. Lines that are wrong are left
   * out. New series are registered in transactions before.
   * Throws `Forbidden` where the caller may not write to the database, `Invalid` for a name that no database can have,
   * `UnknownDatabase` where it is not created by a write, `Unavailable`.
   */
  async write({ body, database, precision, by }: LineWrite): Promise<LineReport | undefined> {
    this.limits.check(by, subjectOfDatabase(database));
    const readHead = this.heads.readerOf(database, this.config.seriesLimit);
    const { lines, refused } = await inTurns(scanLines(body, precision, readHead));
    if (refused.count > 0) this.metrics.linesDropped.inc({ reason: 'unreadable' }, refused.count);
    if (lines.heads.length === 0) return refused.count > 0 ? { text: refused.text, isConflict: false } : undefined;
    const now = lines.micros.some(Number.isNaN) ? await this.db.now() : NaN;
    return retryWhileStale(
      () => this.store({ lines, refused, now, database, by }),
      () => {
        this.series.forget(lines);
      },
    );
  }

  private async store(write: ReadWrite): Promise<LineReport | undefined> {
    const { by } = write;
    let filled = await this.fill(write);
    if (filled.drops.length > 0) {
      // By what is remembered: a field that was deleted since takes any type again.
      for (const { head } of filled.drops) this.heads.forget(head);
      filled = await this.fill(write);
    }
    const { refused, drops } = filled;
    const { points, problems, early } = filled.columns;
    await this.queue.write({ columns: points.columns, size: points.size, by });
    for (const { head, field, problem } of drops)
      this.usage.recordDrop(by, head.registered?.metadataKey ?? '', field, problem);
    for (const [problem, count] of problems) this.metrics.linesDropped.inc({ reason: problem }, count);
    if (early > 0) this.earlyTimes.record(early, by);
    if (refused.count === 0) return undefined;
    const isConflict = problems.get('field of another type') === refused.count;
    return { text: `partial write: ${refused.text} dropped=${refused.count}`, isConflict };
  }

  /** Finds the series of lines, and makes columns of those that can be stored. */
  private async fill({ lines, refused: unreadable, now, database, by }: ReadWrite): Promise<FilledColumns> {
    const series = await this.series.find(lines, database, by);
    const refused = unreadable.copy();
    const drops: DroppedLine[] = [];
    const columns = new LineColumns(
      { lines, series, now, seriesLimit: this.config.seriesLimit },
      refused,
      (head, field, problem) => drops.push({ head, field, problem }),
    );
    return { columns: await inTurns(columns.fill()), refused, drops };
  }
}

/** A line that is not stored in a series that there is. */
interface DroppedLine {
  readonly head: KnownHead;
  readonly field: string;
  readonly problem: DropReason;
}

/** The columns of a request, and what is not in them. */
interface FilledColumns {
  readonly columns: LineColumns;
  readonly refused: RefusedLines;
  readonly drops: readonly DroppedLine[];
}

/** A request whose lines are read. */
interface ReadWrite extends Pick<LineWrite, 'database' | 'by'> {
  readonly lines: ParsedLines<KnownHead>;
  readonly refused: RefusedLines;
  /** The time of lines that have none. */
  readonly now: number;
}
