import { type CountedPoint } from '../../../evaluation/run.js';
import { advanceRun, type OpenRunChanges } from '../../events/advance-run.js';
import { type RunChanges, runsOf, type StoredRun, storeRuns } from '../../events/run-store.js';
import { type SeriesPlan } from '../../points/write-plan.js';
import { holdRules } from '../../registry/rule-generation.js';
import { type ActiveRules, type WatchedSeries } from '../../rules/active-rules.js';
import { type RequestColumns } from '../columns-by-series.js';
import { inOrderOfArrival, inOrderOfTime } from '../counted-points.js';
import { type WriteBatch } from '../write-batch.js';
import { type BatchPart, type BatchTransaction } from './batch-part.js';
import { type BatchPlans } from './planning-part.js';

/** The series of a batch that rules are for, and how far these are. */
interface Watch {
  readonly series: ReadonlyMap<number, WatchedSeries>;
  readonly runs: readonly StoredRun[];
  /** The database's time, in micros. */
  readonly now: number;
}

const NOTHING: RunChanges = { kept: [], ended: [], opened: [], closed: [] };

/**
 * Judges the points that a batch inserts by the rules, and stores the runs of warnings and the events. Rules and runs are
 * read once the series are locked: each point counts once, and in order, whichever server stores it.
 */
export class RulesPart implements BatchPart {
  private changes = NOTHING;

  constructor(
    private readonly rules: ActiveRules,
    private readonly batch: WriteBatch,
    private readonly plans: BatchPlans,
  ) {}

  async lock(transaction: BatchTransaction): Promise<void> {
    const watch = await this.watch(transaction);
    this.changes = watch ? this.judge(watch, transaction.locked.lastPoints) : NOTHING;
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    return storeRuns(sql, this.changes);
  }

  /** `undefined` where no rule is for a series of the batch. */
  private async watch({ sql, locked }: BatchTransaction): Promise<Watch | undefined> {
    for (let generation = locked.ruleGeneration; ;) {
      const rules = await this.rules.at(sql, generation);
      if (rules.isEmpty) return undefined;
      const refs = this.batch.points.map(({ series }) => series);
      const series = await rules.watched(sql, refs);
      if (series.size === 0) return undefined;
      const [held, runs] = await Promise.all([holdRules(sql), runsOf(sql, [...series.keys()])]);
      // Else they have changed since the series were locked.
      if (held.generation === rules.generation) return { series, runs, now: held.now };
      generation = held.generation;
    }
  }

  private judge({ series, runs, now }: Watch, lastPoints: BatchTransaction['locked']['lastPoints']): RunChanges {
    const changes: OpenRunChanges = { kept: [], ended: [], opened: [], closed: [] };
    const requests = this.requestsOf(series);
    const stored = new Map(runs.map((run) => [`${run.series} ${run.rule}`, run]));
    for (const plan of this.plans.planned) {
      const { id } = plan.series;
      const watched = series.get(id);
      if (!watched || plan.added.micros.length === 0) continue;
      const arrived = inOrderOfArrival(plan, requests.get(id) ?? []);
      for (const rule of watched.rules) {
        const points = rule.text.order === 'time' ? notLate(plan, lastPoints.get(id) ?? null) : arrived;
        const run = stored.get(`${id} ${rule.id}`);
        advanceRun(changes, rule, { id, facts: watched.facts, run, now }, points);
      }
    }
    return changes;
  }

  /** The points of these series, as they came. */
  private requestsOf(series: Watch['series']): Map<number, RequestColumns[]> {
    const bySeries = new Map<number, RequestColumns[]>([...series.keys()].map((id) => [id, []]));
    for (const { columns } of this.batch.requests)
      for (const ofSeries of columns) bySeries.get(ofSeries.series.id)?.push(ofSeries);
    return bySeries;
  }
}

/** The inserted points in the order of their times, without those before the last one that the series had. */
function notLate(plan: SeriesPlan, last: number | null): CountedPoint[] {
  const points = inOrderOfTime(plan);
  return last === null ? points : points.filter(({ micros }) => micros >= last);
}
