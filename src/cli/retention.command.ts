import { type INestApplicationContext } from '@nestjs/common';
import { OperatorError } from '../common/errors.js';
import { loadConfig } from '../config/config.js';
import { type Policies } from '../retention/policy.js';
import { loadPolicies } from '../retention/policy-file.js';
import { type Removed, type RetentionReport } from '../retention/retention-report.js';
import { RetentionService } from '../retention/retention.service.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { ProgressBar } from './progress-bar.js';
import { withDatabase } from './with-database.js';

const NO_POLICY = 'There is no policy file (RETENTION_POLICY): everything is kept.';

/** Prints what would be deleted now by the policy file; changes nothing. Throws an `OperatorError` for a bad file. */
export async function planRetention(env: NodeJS.ProcessEnv): Promise<void> {
  await withPolicies(env, async (app, policies) => {
    const report = await app.get(RetentionService).plan(policies);
    printPolicies(report, (removed) => `${removed.rows} (${sizeOf(removed.bytes)})`);
    console.log(`Would go now: ${totalOf(report)} and ${report.metadata} metadata. Nothing was changed.`);
  });
}

/**
 * Deletes what has expired by the policy file, and prints how much. Throws an `OperatorError` for a bad file, where another
 * process is doing so, and without `yes`: nothing is deleted then.
 */
export async function runRetention(env: NodeJS.ProcessEnv, yes: boolean): Promise<void> {
  if (loadConfig(env).retentionPolicy !== undefined && !yes)
    throw new OperatorError('Nothing was deleted: look with "marigram retention plan" first, then give --yes.');
  await withPolicies(env, async (app, policies) => {
    const bar = new ProgressBar('Retention');
    let report: RetentionReport | undefined;
    try {
      report = await app.get(RetentionService).run(policies, { onProgress: bar.show });
    } finally {
      bar.stop();
    }
    if (!report) throw new OperatorError('Another process is at it now: try again later.');
    printPolicies(report, ({ rows }) => String(rows));
    console.log(
      `Removed ${totalOf(report)} and ${report.metadata} metadata; ` +
        `dropped ${report.chunksDropped} chunks and cleaned ${report.chunksCleaned}.`,
    );
  });
}

async function withPolicies(
  env: NodeJS.ProcessEnv,
  command: (app: INestApplicationContext, policies: Policies) => Promise<void>,
): Promise<void> {
  const { retentionPolicy } = loadConfig(env);
  if (retentionPolicy === undefined) {
    console.log(NO_POLICY);
    return;
  }
  // The database has the declared event types.
  await withDatabase(env, async (app) => {
    await command(app, await loadPolicies(retentionPolicy, await app.get(EventTypeStore).lookup()));
  });
}

function printPolicies(report: RetentionReport, show: (removed: Removed) => string): void {
  for (const { policy, removed } of report.policies)
    console.log(`${policy}: ${show(removed.points)} points, ${show(removed.bins)} summary bins`);
  if (report.annotations !== undefined) console.log(`annotations: ${report.annotations}`);
}

function totalOf(report: RetentionReport): string {
  return `${report.total('points')} points, ${report.total('bins')} summary bins`;
}

function sizeOf(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `about ${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}
