import { StartError } from '../common/errors.js';
import { loadConfig } from '../config/config.js';
import { type Policies } from '../retention/policy.js';
import { loadPolicies } from '../retention/policy-file.js';
import { type Removed, type RetentionReport } from '../retention/retention-report.js';
import { RetentionService } from '../retention/retention.service.js';
import { ProgressBar } from './progress-bar.js';
import { withDatabase } from './with-database.js';

const NO_POLICY = 'There is no policy file (RETENTION_POLICY): everything is kept.';

/** Prints what would leave now by the policy file; changes nothing. Throws a `StartError` for a bad file. */
export async function planRetention(env: NodeJS.ProcessEnv): Promise<void> {
  const policies = await policiesOf(env);
  if (!policies) {
    console.log(NO_POLICY);
    return;
  }
  await withDatabase(env, async (app) => {
    const report = await app.get(RetentionService).plan(policies);
    printPolicies(report, (removed) => `${removed.rows} (${sizeOf(removed.bytes)})`);
    console.log(`Would go now: ${totalOf(report)} and ${report.metadata} metadata. Nothing was changed.`);
  });
}

/**
 * Deletes what the policy file says, and prints how much that was. Throws a `StartError` for a bad file, where another
 * process is at it, and without `yes`: nothing is deleted then.
 */
export async function runRetention(env: NodeJS.ProcessEnv, yes: boolean): Promise<void> {
  const policies = await policiesOf(env);
  if (policies && !yes)
    throw new StartError('Nothing was deleted: look with "marigram retention plan" first, then give --yes.');
  if (!policies) {
    console.log(NO_POLICY);
    return;
  }
  await withDatabase(env, async (app) => {
    const bar = new ProgressBar('Retention');
    let report: RetentionReport | undefined;
    try {
      report = await app.get(RetentionService).run(policies, { onProgress: bar.show });
    } finally {
      bar.stop();
    }
    if (!report) throw new StartError('Another process is at it now: try again later.');
    printPolicies(report, ({ rows }) => String(rows));
    console.log(
      `Removed ${totalOf(report)} and ${report.metadata} metadata; ` +
        `dropped ${report.chunksDropped} chunks and cleaned ${report.chunksCleaned}.`,
    );
  });
}

async function policiesOf(env: NodeJS.ProcessEnv): Promise<Policies | undefined> {
  const { retentionPolicy } = loadConfig(env);
  return retentionPolicy === undefined ? undefined : loadPolicies(retentionPolicy);
}

function printPolicies(report: RetentionReport, show: (removed: Removed) => string): void {
  for (const { policy, removed } of report.policies)
    console.log(`${policy}: ${show(removed.point)} points, ${show(removed.rollup)} summary bins`);
}

function totalOf(report: RetentionReport): string {
  return `${report.total('point')} points, ${report.total('rollup')} summary bins`;
}

function sizeOf(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `about ${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}
