import { Injectable } from '@nestjs/common';
import { FIRST_SECOND, MICROS_PER_SECOND } from '../common/time.js';
import { type Progress } from '../jobs/progress.js';
import { AnnotationStore } from '../storage/annotations/annotation-store.js';
import { AuditStore, RETENTION } from '../storage/access/audit-store.js';
import { BackFill } from '../storage/rollups/back-fill.js';
import { ChunkSweep, type DueChunk } from '../storage/removal/chunk-sweep.js';
import { CutOffStore } from '../storage/registry/cut-off-store.js';
import { ExpiredMetadata } from '../storage/removal/expired-metadata.js';
import { type CutOffs, type RetentionRule } from '../storage/registry/cut-offs.js';
import { SealedBinStore } from '../storage/rollups/sealed-bin-store.js';
import { RetentionStore } from '../storage/removal/retention-store.js';
import { type Policies, type Policy } from './policy.js';
import { RetentionReport } from './retention-report.js';

const MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

/** Applies retention policies. */
@Injectable()
export class RetentionService {
  constructor(
    private readonly store: RetentionStore,
    private readonly cutOffs: CutOffStore,
    private readonly sweep: ChunkSweep,
    private readonly metadata: ExpiredMetadata,
    private readonly backFill: BackFill,
    private readonly sealed: SealedBinStore,
    private readonly annotations: AnnotationStore,
    private readonly audit: AuditStore,
  ) {}

  /** The data that a run would remove now, with their estimated size; changes nothing. */
  async plan(policies: Policies): Promise<RetentionReport> {
    const { rules, matched, now } = await this.rules(policies);
    const report = new RetentionReport(matched);
    for (const chunk of await this.sweep.due(rules, 'planned')) {
      const expired = await this.sweep.count(chunk, rules, 'planned');
      if (expired.length === 0) continue;
      const bytes = await this.sweep.bytesPerItem(chunk);
      for (const { policy, rows } of expired) report.add(chunk.content, policy, rows, rows * bytes);
    }
    await this.countSealed(rules, 'planned', report);
    report.metadata = await this.metadata.count(rules);
    report.annotations = await this.ofAnnotations(policies, now, (cutOff) => this.annotations.countBefore(cutOff));
    return report;
  }

  /**
   * Records the cut-offs, removes what lies before them, and deletes metadata that have nothing left. It can be cut off
   * anywhere: the next run does the rest. Returns what was removed; `undefined` where another process is at it.
   * Reports progress in chunks; throws the reason of `signal` when that is aborted.
   */
  async run(policies: Policies, progress: Progress = {}): Promise<RetentionReport | undefined> {
    let report: RetentionReport | undefined;
    await this.store.exclusively(async () => {
      report = await this.runAlone(policies, progress);
    });
    return report;
  }

  private async runAlone(policies: Policies, { signal, onProgress }: Progress): Promise<RetentionReport> {
    const { rules, matched, now } = await this.rules(policies);
    const report = new RetentionReport(matched);
    // Summaries that were registered late are filled from the points before these expire.
    if (rules.some(({ summaryType, cutOff }) => summaryType === 'base' && cutOff !== null))
      for (const lacking of await this.backFill.lacking())
        do signal?.throwIfAborted();
        while (!(await this.backFill.run(lacking, 1)));
    await this.store.record(rules, signal);
    const chunks = await this.sweep.due(rules, 'recorded');
    for (const [done, chunk] of chunks.entries()) {
      signal?.throwIfAborted();
      onProgress?.(done, chunks.length);
      await this.sweepChunk(chunk, rules, report);
    }
    await this.countSealed(rules, 'recorded', report);
    await this.sealed.deleteExpired(rules, signal);
    onProgress?.(chunks.length, chunks.length);
    report.metadata = (await this.metadata.delete(rules, signal)).length;
    report.annotations = await this.ofAnnotations(policies, now, (cutOff) => this.annotations.removeBefore(cutOff));
    await this.audit.record(RETENTION, 'retention run', null, {
      points: report.total('points'),
      summaryBins: report.total('bins'),
      metadata: report.metadata,
      annotations: report.annotations,
      chunksDropped: report.chunksDropped,
    });
    return report;
  }

  /** What `work` returns for the cut-off of annotations; `undefined` where no policy is for them. */
  private async ofAnnotations(
    policies: Policies,
    now: number,
    work: (cutOff: number) => Promise<number>,
  ): Promise<number | undefined> {
    const policy = policies.forAnnotations();
    return policy && work(cutOffOf(policy, now) ?? -Infinity);
  }

  /** Counts sealed bins as bins: that is what they are to readers. */
  private async countSealed(rules: readonly RetentionRule[], cutOffs: CutOffs, report: RetentionReport): Promise<void> {
    const expired = await this.sealed.countExpired(rules, cutOffs);
    if (expired.length === 0) return;
    const bytes = await this.sealed.bytesPerBin();
    for (const { policy, rows } of expired) report.add('bins', policy, rows, rows * bytes);
  }

  private async sweepChunk(chunk: DueChunk, rules: readonly RetentionRule[], report: RetentionReport): Promise<void> {
    const expired = await this.sweep.count(chunk, rules, 'recorded');
    const dropped = await this.sweep.drop(chunk, rules);
    if (dropped) report.chunksDropped++;
    else if (await this.sweep.clean(chunk, rules, expired)) report.chunksCleaned++;
    for (const { policy, rows } of expired) report.add(chunk.content, policy, rows);
  }

  /**
   * The rule for each kind of data that is registered and has a policy, the policies that have a rule, and the database's
   * time in micros.
   */
  private async rules(
    policies: Policies,
  ): Promise<{ rules: RetentionRule[]; matched: Map<number, Policy>; now: number }> {
    const { kinds, now } = await this.cutOffs.kinds();
    const all = policies.all();
    const matched = new Map<number, Policy>();
    const rules = kinds.flatMap((kind): RetentionRule[] => {
      const policy = policies.choose(kind.eventType, kind.summaryType, kind.window, kind.database);
      if (!policy) return [];
      const number = all.indexOf(policy);
      matched.set(number, policy);
      return [{ ...kind, policy: number, cutOff: cutOffOf(policy, now) }];
    });
    return { rules, matched: new Map([...matched].sort(([a], [b]) => a - b)), now };
  }
}

/** The first time that is kept: data exactly as old as the policy says expire. */
function cutOffOf({ expire }: Policy, now: number): number | null {
  if (expire === 'never') return null;
  return Math.max(now - expire * MICROS_PER_DAY + 1, FIRST_SECOND * MICROS_PER_SECOND);
}
