import { Injectable } from '@nestjs/common';
import { type DropReason, UsageCounters } from '../audit/usage-counters.js';
import { type Caller } from '../auth/caller.js';
import { WriteLimits } from '../auth/write-limits.js';
import { BadPart, NotFound } from '../common/errors.js';
import { inTurns, Turns } from '../common/turns.js';
import { requireDataType } from '../event-types/catalogue.js';
import { DATA_TYPES, type ParsedValue } from '../event-types/data-types.js';
import { Metrics } from '../metrics/metrics.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { ColumnsBySeries } from '../storage/ingest/columns-by-series.js';
import { type KeyClaim } from '../storage/ingest/idempotency-store.js';
import { retryWhileStale } from '../storage/ingest/retry-while-stale.js';
import { WriteQueue } from '../storage/ingest/write-queue.js';
import { type WriteOutcome } from '../storage/ingest/write-request.js';
import { MetadataStore } from '../storage/registry/metadata-store.js';
import { SeriesCache } from '../storage/registry/series-cache.js';
import { type SeriesOfMetadata, type SeriesRef } from '../storage/registry/series-store.js';
import { conflictOf } from './conflict.js';
import { IdempotentWrites } from './idempotent-writes.js';
import { type PostedPoint, whereOf } from './parse-points.js';
import { isStream, refuseStream } from './points-of-stream.js';
import { plainColumns } from './plain-columns.js';
import { NotRegistered, type PostedWrite } from './posted-write.js';
import { parseReport, reportText, type WriteReport } from './write-report.js';

/** Values of more characters are parsed in steps, between which other requests get their turn. */
const LARGE_VALUE_CHARACTERS = 64 * 1024;

/** After so many other values, it is checked whether the turn is over. */
const VALUES_PER_CHECK = 500;

/** Stores posted points. */
@Injectable()
export class WriteService {
  constructor(
    private readonly series: SeriesCache,
    private readonly metadata: MetadataStore,
    private readonly eventTypes: EventTypeStore,
    private readonly queue: WriteQueue,
    private readonly idempotent: IdempotentWrites,
    private readonly limits: WriteLimits,
    private readonly usage: UsageCounters,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Stores the points of one request in one transaction and resolves after its commit. Points are dropped whose event
   * type is not registered with their metadata, whatever their value, and those older than the cut-off of their series.
   * A request with a key is stored once, and its repeats are answered like the first one.
   * Throws, with nothing stored: `NotFound` for an unknown metadata key, `Invalid` for that of a stream, for an unknown
   * event type or a bad value, `KeyReused`, `Unavailable`. Numbers whose place is taken are a conflict in the report;
   * all other points are stored then.
   */
  write(request: PostedWrite): Promise<WriteReport> {
    const { caller, requestKey } = request;
    if (!requestKey) return this.store(request);
    return this.idempotent.once(caller, requestKey, (claim) => this.store(request, claim), parseReport);
  }

  /** Like `write`, for points that name their metadata themselves. Throws `Forbidden` where one is not the caller's. */
  async writeMany(request: PostedWrite): Promise<WriteReport> {
    await this.limits.checkKeys(request.caller, () => keysOf(request.points.all));
    return this.write(request);
  }

  private store(request: PostedWrite, claim?: KeyClaim): Promise<WriteReport> {
    return retryWhileStale(
      () => this.storeOnce(request, claim),
      () => {
        this.series.forget(request.metadataKey === undefined ? keysOf(request.points.all) : [request.metadataKey]);
      },
    );
  }

  private async storeOnce(request: PostedWrite, claim: KeyClaim | undefined): Promise<WriteReport> {
    // Of single points, no step is free.
    const plain = request.points.plain && (await this.storePlain(request, claim));
    return plain ?? this.storePosted(request, claim);
  }

  /** Stores a plain bulk body; `undefined`, with nothing stored, where there is none, or more to find out about it. */
  private async storePlain(
    { points: { plain }, caller, metadataKey }: PostedWrite,
    claim: KeyClaim | undefined,
  ): Promise<WriteReport | undefined> {
    if (!plain || metadataKey === undefined) return undefined;
    const found = plainColumns(plain, (await this.series.get(new Set([metadataKey]))).get(metadataKey));
    if (!found) return undefined;
    const { eventTypes, micros, types } = plain;
    const report = (outcome: WriteOutcome): WriteReport => ({
      stored: outcome.stored,
      dropped: {},
      cut: found.cut,
      conflict: conflictOf(outcome, (index) => ({
        micros: micros[index] ?? 0,
        eventType: eventTypes[types[index] ?? 0] ?? '',
      })),
    });
    return report(await this.enqueue(found.points, { caller }, claim, report));
  }

  private enqueue(
    points: ColumnsBySeries,
    { caller, takesRepeats }: Pick<PostedWrite, 'caller' | 'takesRepeats'>,
    claim: KeyClaim | undefined,
    report: (outcome: WriteOutcome) => WriteReport,
    mustBeNew?: ReadonlySet<number>,
  ): Promise<WriteOutcome> {
    return this.queue.write({
      columns: points.columns,
      size: points.size,
      by: caller,
      takesRepeats,
      mustBeNew,
      idempotency: claim && { claim, answerOf: (first) => reportText(report(first)) },
    });
  }

  private async storePosted(request: PostedWrite, claim: KeyClaim | undefined): Promise<WriteReport> {
    const { caller, metadataKey, dropsNothing } = request;
    const posted = request.points.all;
    const refs = await this.resolve(posted, metadataKey);
    const kept: PostedPoint[] = [];
    const points = new ColumnsBySeries();
    const dropped: [point: PostedPoint, reason: DropReason][] = [];
    const turns = new Turns();
    let mustBeNew: Set<number> | undefined;
    let cut = 0;
    for (const [index, point] of posted.entries()) {
      const isLarge = point.value.text.length > LARGE_VALUE_CHARACTERS;
      if ((isLarge || index % VALUES_PER_CHECK === 0) && turns.isOver) await turns.pass();
      const ref = refs[index];
      if (!ref) {
        if (dropsNothing) throw new NotRegistered(`${point.eventType} is not registered`);
        dropped.push([point, 'event type not registered']);
        continue;
      }
      const value = isLarge ? await parseLarge(point, ref, turns) : parse(point, ref);
      // Exact, because a moving cut-off changes the version of the series: the write is then resolved again.
      if (ref.cutOff !== null && point.micros < ref.cutOff) {
        dropped.push([point, 'older than retention keeps']);
        continue;
      }
      if (point.mustBeNew) (mustBeNew ??= new Set()).add(kept.length);
      kept.push(point);
      points.add(ref, point.micros, value);
      if (value.isCut) cut++;
    }
    const report = (outcome: WriteOutcome): WriteReport => ({
      stored: outcome.stored,
      dropped: countsOf(dropped),
      cut,
      conflict: conflictOf(outcome, (index) => kept[index]),
    });
    const outcome = await this.enqueue(points, request, claim, report, mustBeNew);
    for (const [point, reason] of dropped) this.noteDropped(point, reason, caller);
    return report(outcome);
  }

  private noteDropped({ metadataKey, eventType }: PostedPoint, reason: DropReason, caller: Caller): void {
    (reason === 'event type not registered' ? this.metrics.pointsUnregistered : this.metrics.pointsExpired).inc();
    this.usage.recordDrop(caller, metadataKey, eventType, reason);
  }

  /**
   * The series of each point; `undefined` where its event type is not registered with its metadata. Throws `NotFound`
   * for an unknown metadata key and `Invalid` for that of a stream and for an unknown event type.
   */
  private async resolve(
    posted: readonly PostedPoint[],
    metadataKey: string | undefined,
  ): Promise<(SeriesRef | undefined)[]> {
    const keys = keysOf(posted);
    if (metadataKey !== undefined) keys.add(metadataKey);
    let series = await this.series.get(keys);
    let refs = refsOf(posted, series);
    const missing = posted.filter((_, index) => !refs[index]);
    if (missing.length > 0) {
      // Another server process may have registered it since, so look it up afresh before a point is dropped.
      this.series.forget(keysOf(missing));
      series = await this.series.get(keys);
      refs = refsOf(posted, series);
    }
    for (const key of keys) {
      const ofKey = series.get(key);
      if (!ofKey) throw new NotFound(`there is no metadata ${key}`);
      if (isStream(ofKey)) await refuseStream(this.metadata, key);
    }
    if (missing.length > 0)
      await this.eventTypes.resolve((dataTypeOf) => {
        for (const point of missing) requireDataType(dataTypeOf, point.eventType, `${whereOf(point)}: `);
      });
    return refs;
  }
}

function refsOf(
  posted: readonly PostedPoint[],
  series: ReadonlyMap<string, SeriesOfMetadata>,
): (SeriesRef | undefined)[] {
  return posted.map(({ metadataKey, eventType }) => series.get(metadataKey)?.get(eventType));
}

function countsOf(dropped: readonly (readonly [unknown, reason: DropReason])[]): WriteReport['dropped'] {
  const counts: Partial<Record<DropReason, number>> = {};
  for (const [, reason] of dropped) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function keysOf(posted: readonly PostedPoint[]): Set<string> {
  const keys = new Set<string>();
  for (const { metadataKey } of posted) keys.add(metadataKey);
  return keys;
}

/** Parses the value of a point. Throws a `BadPart` that names the place of a bad value. */
function parse(point: PostedPoint, series: SeriesRef): ParsedValue {
  try {
    return DATA_TYPES[series.dataType].parse(point.value);
  } catch (error) {
    throw BadPart.at(whereOf(point), error);
  }
}

/** Like `parse`, in turns with other requests. */
async function parseLarge(point: PostedPoint, series: SeriesRef, turns: Turns): Promise<ParsedValue> {
  const { parseInSteps } = DATA_TYPES[series.dataType];
  if (!parseInSteps) return parse(point, series);
  try {
    return await inTurns(parseInSteps(point.value), turns);
  } catch (error) {
    throw BadPart.at(whereOf(point), error);
  }
}
