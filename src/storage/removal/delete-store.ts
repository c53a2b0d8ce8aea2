import { Injectable } from '@nestjs/common';
import { Invalid, NotFound } from '../../common/errors.js';
import { formatSeconds, MICROS_PER_SECOND } from '../../common/time.js';
import { Bins, mergeHistograms } from '../../rollups/bins.js';
import { type RollupSpec } from '../../rollups/rollup-spec.js';
import { binOf } from '../../rollups/windows.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { binsOfBase } from '../rollups/base-bins.js';
import { Chunks } from '../hypertables/chunks.js';
import { Database } from '../../postgres/database.js';
import { firstIntactBin, rightExtremes } from '../rollups/divided-bin.js';
import { inSlices } from '../../postgres/row-source.js';
import { PointStore } from '../points/point-store.js';
import { RollupStore } from '../rollups/rollup-store.js';
import { SealedBinStore } from '../rollups/sealed-bin-store.js';
import { MetadataStore } from '../registry/metadata-store.js';
import { type LockedSeries, SeriesStore } from '../registry/series-store.js';
import { SessionStore } from '../sessions/session-store.js';
import { StreamStore } from '../sessions/stream-store.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { endRuns } from '../events/run-store.js';
import { type Sql } from '../../postgres/sql.js';

/** What a deletion removed. */
export interface Deleted {
  readonly metadata: number;
  readonly points: number;
}

/** What the deletion of a session removed. */
export interface DeletedSession {
  readonly streams: number;
  readonly points: number;
}

/** A range of time in micros, both ends inclusive; may be infinite. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/**
 * Deletions. Each is one transaction under the lock of its series, which also writes its audit record and updates the
 * summaries.
 */
@Injectable()
export class DeleteStore {
  constructor(
    private readonly db: Database,
    private readonly metadata: MetadataStore,
    private readonly series: SeriesStore,
    readonly points: PointStore,
    readonly rollups: RollupStore,
    private readonly chunks: Chunks,
    private readonly sealed: SealedBinStore,
    private readonly sessions: SessionStore,
    private readonly streams: StreamStore,
  ) {}

  /**
   * Deletes the points of an event type in a span; its registration stays. Of a stream that keeps no points, bins are
   * deleted. Throws `NotFound`, and `Invalid` where the span has a part of such a bin.
   */
  deletePoints(metadataKey: string, eventType: string, span: Span, by: Actor): Promise<Deleted> {
    return this.chunks.transaction('bins', async (sql, begins) => {
      const [id] = await this.series.idsOf(sql, metadataKey, eventType);
      const series = id === undefined ? undefined : await this.series.lockOne(sql, id);
      if (!series) throw new NotFound(`metadata ${metadataKey} has no event type ${eventType}`);
      const points = series.keepsPoints
        ? await this.clear(sql, series, span, begins)
        : await this.clearBins(sql, series, span);
      await recordAudit(sql, by, 'points deleted', metadataKey, { eventType, points, ...boundsOf(span) });
      return { metadata: 0, points };
    });
  }

  /** Deletes an event type with its points and summaries, and the metadata if it was its last. Throws `NotFound`. */
  deleteEventType(metadataKey: string, eventType: string, by: Actor): Promise<Deleted> {
    return this.db.retrying(async (sql) => {
      await this.lock(sql, metadataKey);
      const ids = await this.series.idsOf(sql, metadataKey, eventType);
      if (ids.length === 0) throw new NotFound(`metadata ${metadataKey} has no event type ${eventType}`);
      const points = await this.remove(sql, ids);
      const isRemoved = await this.metadata.removeEmpty(sql, metadataKey);
      await recordAudit(sql, by, 'event type deleted', metadataKey, { eventType, points });
      if (isRemoved) await recordAudit(sql, by, 'metadata deleted', metadataKey, { points: 0 });
      return { metadata: isRemoved ? 1 : 0, points };
    });
  }

  /** Deletes a metadata with all that belongs to it. Throws `NotFound`. */
  deleteMetadata(metadataKey: string, by: Actor): Promise<Deleted> {
    return this.db.retrying(async (sql) => {
      await this.lock(sql, metadataKey);
      const points = await this.remove(sql, await this.series.idsOf(sql, metadataKey));
      await this.metadata.removeEmpty(sql, metadataKey);
      await recordAudit(sql, by, 'metadata deleted', metadataKey, { points });
      return { metadata: 1, points };
    });
  }

  /**
   * Deletes a session with its streams, and all that belongs to them. Others' series are not touched, so that only writers
   * of this session wait. Throws `NotFound`.
   */
  deleteSession(id: string, by: Actor): Promise<DeletedSession> {
    return this.db.retrying(async (sql) => {
      // In the order of writers: they hold the series when they ask for the session.
      const known = await this.streams.seriesOfSession(sql, id);
      await this.series.lockAll(
        sql,
        known.map(({ series }) => series),
      );
      if (!(await this.sessions.lockForRemoval(sql, id))) throw new NotFound(`there is no session ${id}`);
      const streams = await this.streams.seriesOfSession(sql, id);
      const points = await this.remove(
        sql,
        streams.map(({ series }) => series),
      );
      for (const { metadataKey } of streams) await this.metadata.removeEmpty(sql, metadataKey);
      await this.sessions.remove(sql, id);
      await recordAudit(sql, by, 'session deleted', id, { streams: streams.length, points });
      return { streams: streams.length, points };
    });
  }

  private async lock(sql: Sql, metadataKey: string): Promise<void> {
    if (!(await this.metadata.lock(sql, metadataKey))) throw new NotFound(`there is no metadata ${metadataKey}`);
  }

  /** Removes whole series, inside the caller's transaction; returns the number of their points. `ids` are in ascending order. */
  async remove(sql: Sql, ids: readonly number[]): Promise<number> {
    await this.series.lockAll(sql, ids);
    const extent = await this.series.extentOf(sql, ids);
    const points = extent ? await this.points.deleteAll(sql, ids, extent) : 0;
    await this.rollups.removeAll(sql, ids);
    await endRuns(sql, { of: 'series', ids, reason: 'metadata deleted' });
    await this.series.remove(sql, ids);
    return points;
  }

  private async clear(sql: Sql, series: LockedSeries, span: Span, begins: number[]): Promise<number> {
    // Nothing else could ever remove them. A bin that begins before the span, or ends after it, may include points that stay.
    await this.sealed.removeWithin(sql, series.id, span.begin, span.end);
    const begin = Math.max(span.begin, series.first ?? Infinity);
    const end = Math.min(span.end, series.last ?? -Infinity);
    if (begin > end) return 0;
    const windows: [spec: RollupSpec, intact: number][] = [];
    for (const spec of series.rollups) {
      const intact = await firstIntactBin(sql, this, series, spec.window);
      windows.push([spec, intact]);
      await this.subtract(sql, series, spec, intact, { begin, end });
    }
    const deleted = await this.points.deleteBetween(sql, series.id, begin, end);
    for (const [spec, intact] of windows) {
      const extremes = await rightExtremes(sql, this, series, spec, intact);
      if (extremes) await this.rollups.setExtremes(sql, series.id, spec.window, extremes);
      await this.recompute(sql, series, spec, intact, { begin, end }, begins);
    }
    await this.series.setExtent(sql, series, await this.points.extent(sql, series.id));
    return deleted;
  }

  /** Removes the bins of a series that keeps no points; returns the number of points that they counted. */
  private async clearBins(sql: Sql, series: LockedSeries, span: Span): Promise<number> {
    const { id, first, last } = series;
    if (first === null || last === null || span.begin > last || span.end < first) return 0;
    // Nothing lies beyond the first and the last point.
    const begin = span.begin <= first ? -Infinity : span.begin;
    const end = span.end >= last ? Infinity : span.end;
    const windows = series.rollups.map(({ window }) => window).sort((a, b) => b - a);
    for (const window of windows) {
      await this.refuseCut(sql, series, window, begin);
      // An end where a bin begins is meant as the end of the bin before.
      await this.refuseCut(sql, series, window, binOf(end, window, series.origin) === end ? end : end + 1);
    }
    await this.sealed.removeWithin(sql, id, begin, end);
    let points = 0;
    for (const window of windows) {
      const lastBegin = end + 1 - Math.max(window * MICROS_PER_SECOND, 1);
      points = Math.max(points, await this.rollups.removeBetween(sql, id, window, begin, lastBegin));
    }
    const left = await this.rollups.extent(sql, id);
    const extent = left && { first: Math.max(first, left.first), last: Math.min(last, left.last) };
    await this.series.setExtent(sql, series, extent);
    return points;
  }

  /** Throws `Invalid` where a bound (micros) divides a bin. */
  private async refuseCut(sql: Sql, { id, origin }: LockedSeries, window: number, bound: number): Promise<void> {
    if (!Number.isFinite(bound)) return;
    const bin = binOf(bound, window, origin);
    if (bin === bound || (await this.rollups.pointsIn(sql, id, window, bin)) === undefined) return;
    throw new Invalid(
      `the points of this stream were not kept: choose bounds at ${formatSeconds(origin)} + k·${window} s`,
    );
  }

  /** Subtracts the points from bins that have lost others by retention, and so can't be recomputed. */
  private async subtract(
    sql: Sql,
    series: LockedSeries,
    spec: RollupSpec,
    intact: number,
    { begin, end }: Span,
  ): Promise<void> {
    // Expired points stay counted in their bins, even while their rows are still there.
    const first = Math.max(begin, series.cutOff ?? -Infinity);
    const last = Math.min(end, intact - 1);
    const { id, dataType, isStream } = series;
    if (first > last) return;
    const bins = new Bins();
    const range = { series: id, dataType, isStream, begin: first, end: last, descending: false };
    const source = this.points.source(range, sql);
    for await (const slice of inSlices(source))
      for (const point of slice) bins.add({ ...series, rollups: [spec] }, point, -1);
    const sorted = bins.sorted();
    await mergeHistograms(sorted);
    await this.rollups.add(sql, sorted);
  }

  /** Recomputes the other bins from the points that are left; adds the begins of those that it stores to `begins`. */
  private async recompute(
    sql: Sql,
    series: LockedSeries,
    spec: RollupSpec,
    intact: number,
    span: Span,
    begins: number[],
  ): Promise<void> {
    const first = Math.max(binOf(span.begin, spec.window, series.origin), intact);
    const last = binOf(span.end, spec.window, series.origin);
    if (first > last) return;
    await this.rollups.removeBetween(sql, series.id, spec.window, first, last);
    const begin = Math.max(first, series.cutOff ?? -Infinity);
    const end = last + Math.max(spec.window * MICROS_PER_SECOND - 1, 0);
    const base = await binsOfBase(this.points, sql, series, spec, { begin, end });
    const bins = base.bins.sorted();
    for (const bin of bins) begins.push(bin.begin);
    await this.rollups.replace(sql, bins);
  }
}

/** The bounds of a span as times; infinite ones are left out. */
function boundsOf({ begin, end }: Span): { from?: string; to?: string } {
  return { ...(begin > -Infinity && { from: timestampOf(begin) }), ...(end < Infinity && { to: timestampOf(end) }) };
}
