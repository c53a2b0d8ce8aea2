import { Injectable } from '@nestjs/common';
import { Chunks } from '../../hypertables/chunks.js';
import { PointStore } from '../../points/point-store.js';
import { SeriesStore } from '../../registry/series-store.js';
import { RollupStore } from '../../rollups/rollup-store.js';
import { ActiveRules } from '../../rules/active-rules.js';
import { StreamLedger } from '../../sessions/stream-ledger.js';
import { IdempotencyStore } from '../idempotency-store.js';
import { type WriteBatch } from '../write-batch.js';
import { type BatchPart } from './batch-part.js';
import { CompanionsPart } from './companions-part.js';
import { type BatchPlans, type PlanningPart, together } from './planning-part.js';
import { ExtentsPart } from './extents-part.js';
import { IdempotencyPart } from './idempotency-part.js';
import { PointsPart } from './points-part.js';
import { RollupsPart } from './rollups-part.js';
import { RulesPart } from './rules-part.js';
import { StreamsPart } from './streams-part.js';

/** The parts of one batch. */
export interface PartsOfBatch {
  /**
   * In the order in which they prepare, lock and write; all writers keep it, so that none waits for another in a
   * circle. They answer in the reverse order: what answers for the whole request, such as its idempotency key, comes
   * first here.
   */
  readonly inOrder: readonly BatchPart[];
  readonly plans: BatchPlans;
  readonly extents: ExtentsPart;
}

/** What is different about points of another archive. */
export interface PartOptions {
  /** The time-updated (seconds) of all series of the batch, instead of now. */
  readonly timeUpdated?: number | undefined;
  /** Whether the points are history, which no rule judges. */
  readonly isHistory?: boolean;
}

/** Makes the parts of batches. A new concern of writes is a new part in the list here. */
@Injectable()
export class BatchParts {
  constructor(
    private readonly keys: IdempotencyStore,
    readonly points: PointStore,
    readonly rollups: RollupStore,
    private readonly rules: ActiveRules,
    private readonly series: SeriesStore,
    private readonly ledger: StreamLedger,
    private readonly chunks: Chunks,
  ) {}

  of(batch: WriteBatch, { timeUpdated, isHistory = false }: PartOptions): PartsOfBatch {
    const idempotency = new IdempotencyPart(this.keys, batch);
    const planning: PlanningPart[] = [new PointsPart(this.points, batch)];
    // Most batches have no streams, and no statement about them.
    if (batch.streams.length > 0) planning.push(new StreamsPart(this.points, this.ledger, batch));
    const plans = together(planning);
    const rollups = new RollupsPart(this, this.chunks, batch, plans);
    const extents = new ExtentsPart(this.series, plans, timeUpdated);
    const rules = isHistory ? [] : [new RulesPart(this.rules, batch, plans)];
    const companions = batch.requests.some(({ companion }) => companion) ? [new CompanionsPart(batch)] : [];
    return { inOrder: [idempotency, ...planning, ...rules, rollups, extents, ...companions], plans, extents };
  }
}
