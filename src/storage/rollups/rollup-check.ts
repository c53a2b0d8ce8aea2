import { Injectable } from '@nestjs/common';
import { contradiction, difference } from '../../rollups/bin-difference.js';
import { type Bin } from '../../rollups/bins.js';
import { type RollupSpec } from '../../rollups/rollup-spec.js';
import { type StoredBin } from '../../rollups/stored-bin.js';
import { binsOfBase, firstWholeBin } from './base-bins.js';
import { Chunks } from '../hypertables/chunks.js';
import { Database } from '../../postgres/database.js';
import { firstIntactBin, rightExtremes } from './divided-bin.js';
import { PointStore } from '../points/point-store.js';
import { type BinRange } from './bin-source.js';
import { RollupStore } from './rollup-store.js';
import { CutOffStore } from '../registry/cut-off-store.js';
import { REGISTERED_SUMMARIES } from '../registry/relations.js';
import { type LockedSeries, SeriesStore } from '../registry/series-store.js';
import { inSlices } from '../../postgres/row-source.js';
import { type Sql } from '../../postgres/sql.js';

/** The points that one transaction sums up. */
const STEP_POINTS = 20_000;

/** The bins of a stream that keeps no points that one transaction checks, or some more. */
const STEP_BINS = 1000;

/** One window of a series, with its readable names. */
export interface CheckedWindow {
  readonly series: number;
  readonly window: number;
  readonly metadataKey: string;
  readonly eventType: string;
  /** Whether its bins are still being filled: then it is not checked. */
  readonly filling: boolean;
}

/** A bin that differs from its points. */
export interface Difference {
  /** The begin of the bin, in micros. */
  readonly micros: number;
  /** The column that differs, or `missing` or `without points`, or what is wrong with its bytes. */
  readonly what: string;
  /** Whether nobody knows what is right: the points are not kept. Such a bin stays as it is. */
  readonly isLost?: boolean;
}

/** What one transaction has found. */
interface Step {
  readonly differences: Difference[];
  /** The begin of the next bin to check; `undefined` at the end. */
  readonly next: number | undefined;
}

/** Compares stored bins with the stored points, and repairs them on demand. */
@Injectable()
export class RollupCheck {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    readonly points: PointStore,
    readonly rollups: RollupStore,
    private readonly chunks: Chunks,
    private readonly cutOffs: CutOffStore,
  ) {}

  /** All windows of all series, in the order of series and window. */
  async windows(): Promise<CheckedWindow[]> {
    const { rows } = await this.db.query<CheckedWindow>(
      `SELECT DISTINCT s.id AS series, y.window_seconds::float8 AS window, m.key AS "metadataKey",
              s.event_type AS "eventType", b.series IS NOT NULL AS filling
       FROM ${REGISTERED_SUMMARIES}
       LEFT JOIN back_fill b ON b.series = s.id AND b.window_seconds = y.window_seconds ORDER BY 1, 2`,
    );
    return rows;
  }

  /**
   * Checks all bins of a window whose points have not expired, and of the others what can be told without: that they
   * count points, and the extremes of the one that the retention cut-off divides. Where no points are kept, it checks that
   * no column of a bin contradicts the others. It works in steps that each hold the lock of the series for a moment, so it
   * may run beside writers. With `repair` a bin that differs is replaced in the transaction that found it.
   */
  async check({ series, window }: CheckedWindow, repair: boolean): Promise<Difference[]> {
    const differences: Difference[] = [];
    for (let next: number | undefined = -Infinity; next !== undefined;) {
      const begin: number = next;
      const step = await this.chunks.transaction('bins', (sql, times) =>
        this.step(sql, series, window, begin, repair ? times : undefined),
      );
      differences.push(...step.differences);
      next = step.next;
    }
    return differences;
  }

  /** @param repaired collects the begins of the bins that are replaced; without it none is. */
  private async step(
    sql: Sql,
    id: number,
    window: number,
    from: number,
    repaired: number[] | undefined,
  ): Promise<Step> {
    const series = await this.series.lockOne(sql, id);
    const spec = series?.rollups.find((one) => one.window === window);
    if (!series || !spec) return { differences: [], next: undefined };
    if (!series.keepsPoints) return this.stepWithoutPoints(sql, series, window, from, repaired !== undefined);
    const intact = await firstIntactBin(sql, this, series, window);
    const kept = firstWholeBin(await this.cutOffs.ofWindow(sql, id, window), window, series.origin);
    const begin = Math.max(from, intact, kept);
    const lossy = from < intact ? await this.lossyBins(sql, series, spec, intact, kept, repaired !== undefined) : [];
    const base = await binsOfBase(this.points, sql, series, spec, {
      begin: Math.max(begin, series.first ?? Infinity, series.cutOff ?? -Infinity),
      end: series.last ?? -Infinity,
      most: STEP_POINTS,
    });
    const expected = new Map(base.bins.sorted().map((bin) => [bin.begin, bin]));
    const range = {
      series: id,
      dataType: series.dataType,
      window,
      begin,
      end: (base.next ?? Infinity) - 1,
      descending: false,
      needs: 'all' as const,
      damaged: new Map<number, string>(),
    };
    const stored = await this.storedIn(sql, range);
    const differences = compare(expected, stored, range.damaged);
    if (repaired && differences.length > 0) {
      const right = differences.flatMap(({ micros }) => expected.get(micros) ?? []);
      const without = differences.flatMap(({ micros }) => (expected.has(micros) ? [] : [micros]));
      for (const bin of right) repaired.push(bin.begin);
      await this.rollups.replace(sql, right);
      await this.rollups.remove(sql, id, window, without);
    }
    return { differences: [...lossy, ...differences], next: base.next };
  }

  /** Checks the bins before the first intact one, which can't be recomputed. */
  private async lossyBins(
    sql: Sql,
    series: LockedSeries,
    spec: RollupSpec,
    intact: number,
    kept: number,
    repair: boolean,
  ): Promise<Difference[]> {
    const differences = await this.emptyBins(sql, series.id, spec.window, intact, repair);
    const right = await rightExtremes(sql, this, series, spec, intact);
    if (right && right.micros >= kept) {
      if (repair) await this.rollups.setExtremes(sql, series.id, spec.window, right);
      differences.push({ micros: right.micros, what: 'extremes' });
    }
    return differences;
  }

  /** Checks bins that are all there is: whether they contradict themselves. Those without points can be removed. */
  private async stepWithoutPoints(
    sql: Sql,
    { id, dataType }: LockedSeries,
    window: number,
    from: number,
    repair: boolean,
  ): Promise<Step> {
    const differences = from === -Infinity ? await this.emptyBins(sql, id, window, Infinity, repair) : [];
    const range = {
      series: id,
      dataType,
      window,
      begin: from,
      end: Infinity,
      descending: false,
      needs: 'all' as const,
      damaged: new Map<number, string>(),
    };
    let checked = 0;
    for await (const slice of inSlices(this.rollups.source(range, sql))) {
      for (const bin of slice) {
        const what = range.damaged.get(bin.micros) ?? (bin.count > 0 ? contradiction(bin) : undefined);
        if (what !== undefined) differences.push({ micros: bin.micros, what, isLost: true });
      }
      checked += slice.length;
      const last = slice.at(-1);
      if (checked >= STEP_BINS && last) return { differences, next: last.micros + 1 };
    }
    return { differences, next: undefined };
  }

  /** The bins before a time that count no points. */
  private async emptyBins(
    sql: Sql,
    series: number,
    window: number,
    time: number,
    repair: boolean,
  ): Promise<Difference[]> {
    const empty = await this.rollups.emptyBefore(sql, series, window, time);
    if (repair) await this.rollups.remove(sql, series, window, empty);
    return empty.map((micros) => ({ micros, what: 'without points' }));
  }

  private async storedIn(sql: Sql, range: BinRange): Promise<Map<number, StoredBin>> {
    const stored = new Map<number, StoredBin>();
    for await (const slice of inSlices(this.rollups.source(range, sql)))
      for (const bin of slice) stored.set(bin.micros, bin);
    return stored;
  }
}

/** The differences, in no particular order; each bin once. */
function compare(
  expected: ReadonlyMap<number, Bin>,
  stored: ReadonlyMap<number, StoredBin>,
  damaged: ReadonlyMap<number, string>,
): Difference[] {
  const differences: Difference[] = [];
  for (const [micros, bin] of expected) {
    const found = stored.get(micros);
    const what = found ? (damaged.get(micros) ?? difference(bin.rollup.row, found)) : 'missing';
    if (what !== undefined) differences.push({ micros, what });
  }
  for (const micros of stored.keys()) if (!expected.has(micros)) differences.push({ micros, what: 'without points' });
  return differences;
}
