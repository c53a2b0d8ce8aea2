import { Injectable } from '@nestjs/common';
import { type DropReason, UsageCounters } from '../audit/usage-counters.js';
import { type Caller } from '../auth/caller.js';
import { WriteLimits } from '../auth/write-limits.js';
import { BadPart } from '../common/errors.js';
import { inTurns } from '../common/turns.js';
import { textOf } from '../http/form-body.js';
import { type Companion } from '../postgres/companion.js';
import { retryWhileStale } from '../storage/ingest/retry-while-stale.js';
import { type StreamColumns } from '../storage/ingest/stream-columns.js';
import { WriteQueue } from '../storage/ingest/write-queue.js';
import { SeriesStore } from '../storage/registry/series-store.js';
import { subjectOfSession } from '../storage/registry/subject-store.js';
import { FinishedBinStore } from '../storage/rollups/finished-bin-store.js';
import { StreamStore } from '../storage/sessions/stream-store.js';
import { type KeptUploads, UploadStore, type UploadTarget } from '../storage/sessions/upload-store.js';
import { hold } from './hold.js';
import { type Counts, type LunaStream, type LunaStreams } from './luna-stream.js';
import { OneAtATime } from './one-at-a-time.js';
import { repeatedRows } from './row-digests.js';
import { type TableName, TABLES } from './tables.js';
import { pointsOf, type UploadedPoints } from './uploaded-points.js';
import { readRows, type UploadedRows } from './uploaded-rows.js';
import { secondsOf, type UploadedSeconds } from './uploaded-seconds.js';

/** An upload whose rows are read. */
interface Upload {
  readonly table: TableName;
  readonly rows: UploadedRows;
  readonly target: UploadTarget;
  readonly by: Caller;
}

/** Stores uploads of tables. */
@Injectable()
export class UploadsService {
  private readonly turns = new OneAtATime();

  constructor(
    private readonly streams: StreamStore,
    private readonly series: SeriesStore,
    private readonly uploads: UploadStore,
    private readonly queue: WriteQueue,
    private readonly bins: FinishedBinStore,
    private readonly limits: WriteLimits,
    private readonly usage: UsageCounters,
  ) {}

  /**
   * Stores the rows of an upload in one transaction and resolves after its commit; rows that it begins with and that were
   * stored with an earlier one are left out, see `repeatedRows`. Tries again while the archive can't store them, for at
   * most 4 seconds.
   * Throws, with nothing stored: `Invalid`, naming the line, for a bad row, an unknown stream and one of another type;
   * `Forbidden`; `Unavailable`, where an attempt may be under way still.
   */
  async store(table: TableName, body: Buffer, by: Caller): Promise<void> {
    const rows = await inTurns(readRows(textOf(body), TABLES[table]));
    if (rows.tags.length === 0) return;
    await hold(async (signal) => {
      const session = await this.sessionOf(rows);
      this.limits.check(by, subjectOfSession(session));
      const upload = { table, rows, target: { session, table }, by };
      // An earlier attempt of the same upload may be under way.
      await this.turns.run(`${session} ${table}`, async () => {
        signal.throwIfAborted();
        await retryWhileStale(() => this.storeOnce(upload));
      });
    });
  }

  /** Which session all rows are of: that of the first one. */
  private async sessionOf({ tags: [first = 0] }: UploadedRows): Promise<string> {
    const [stream] = await this.streams.numbered([first]);
    if (!stream) throw unknownTag(1, first);
    return stream.session;
  }

  private async storeOnce({ table, rows, target, by }: Upload): Promise<void> {
    const kept = await this.uploads.kept(target);
    const begin = repeatedRows(rows.digests, kept.uploads);
    if (begin === rows.digests.rows) return;
    const streams = await this.streamsOf(table, rows, target.session);
    const companion = this.recordOf(rows, target, kept);
    const dropped =
      table === 'metrics' || table === 'events'
        ? await this.storePoints(await inTurns(pointsOf(rows, begin, streams)), companion, by)
        : await this.storeSeconds(await inTurns(secondsOf(table, rows, begin, streams)), companion);
    this.countDropped('no value', dropped, by);
  }

  private async storePoints({ columns, dropped }: UploadedPoints, companion: Companion, by: Caller): Promise<Counts> {
    const streams = [...columns].map(([{ ref }, { micros, values, denominators, documents }]): StreamColumns => ({
      ...{ series: ref, row: undefined },
      ...{ micros, values, denominators, documents },
    }));
    if (streams.length === 0) return dropped;
    const size = streams.reduce((sum, { micros }) => sum + micros.length, 0);
    const outcome = await this.queue.write({ columns: [], streams, allowsClosed: true, size, by, companion });
    const expired = [...columns.keys()].map((stream, index) => [stream, outcome.streams[index]?.expired ?? 0] as const);
    this.countDropped('older than retention keeps', new Map(expired), by);
    return dropped;
  }

  private async storeSeconds({ seconds, dropped }: UploadedSeconds, companion: Companion): Promise<Counts> {
    if (seconds.length > 0) await this.bins.merge(seconds, companion);
    return dropped;
  }

  /** What recognises the upload when it comes again. */
  private recordOf({ digests }: UploadedRows, target: UploadTarget, kept: KeptUploads): Companion {
    return {
      // Of several servers, another one may have stored it meanwhile.
      check: (sql) => this.uploads.requireNewest(sql, target, kept),
      write: (sql) => [this.uploads.keep(sql, target, digests.upload())],
    };
  }

  /**
   * The streams of rows. Throws `Invalid`, naming the line, for one that is unknown, of another session, or of another
   * type.
   */
  private async streamsOf(table: TableName, { tags }: UploadedRows, session: string): Promise<LunaStreams> {
    const numbered = await this.streams.numbered([...new Set(tags)]);
    const refs = await this.series.refs(numbered.map(({ series }) => series));
    const streams = new Map<number, LunaStream>();
    for (const stream of numbered) {
      const ref = refs.get(stream.series);
      if (ref) streams.set(stream.number, { ...stream, ref });
    }
    const { type } = TABLES[table];
    for (const [index, tag] of tags.entries()) {
      const stream = streams.get(tag);
      if (!stream) throw unknownTag(index + 1, tag);
      if (stream.type !== type) throw badTag(index + 1, `${tag} is no stream of type ${type}`);
      if (stream.session !== session) throw badTag(index + 1, `${tag} belongs to another job than that of line 1`);
    }
    return streams;
  }

  private countDropped(reason: DropReason, dropped: Counts, by: Caller): void {
    for (const [{ metadataKey, type }, rows] of dropped)
      if (rows > 0) this.usage.recordDrop(by, metadataKey, type, reason, rows);
  }
}

function unknownTag(line: number, tag: number): BadPart {
  return badTag(line, `there is no metric ${tag}`);
}

function badTag(line: number, problem: string): BadPart {
  return new BadPart(`line ${line}, tag`, problem);
}
