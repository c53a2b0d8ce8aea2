import { type INestApplicationContext } from '@nestjs/common';
import { SegmentCheck } from '../storage/points/segment-check.js';
import { type SeriesName, SeriesStore } from '../storage/registry/series-store.js';
import { RollupCheck } from '../storage/rollups/rollup-check.js';
import { SealedBinStore } from '../storage/rollups/sealed-bin-store.js';
import { formatSeconds } from '../common/time.js';
import { ProgressBar } from './progress-bar.js';
import { withDatabase } from './with-database.js';

/** The number of differences that are printed. */
const MAX_NAMED = 20;

/**
 * Checks the stored points, compares stored summaries with the points they sum up, and prints what is wrong. The exit
 * code is 1 where a difference remains, and 0 where all are repaired; points can't be repaired, and neither can summaries
 * whose points are not kept.
 * @param sample the share of the series to check, from 0 (exclusive) to 1.
 * @param repair whether differences of summaries are repaired.
 */
export async function verify(env: NodeJS.ProcessEnv, sample: number, repair: boolean): Promise<void> {
  await withDatabase(env, async (app) => {
    const series = (await app.get(SeriesStore).names()).filter(() => Math.random() < sample);
    const wrong = await verifyPoints(app, series);
    const check = app.get(RollupCheck);
    const sampled = new Set(series.map(({ id }) => id));
    const windows = (await check.windows()).filter((window) => sampled.has(window.series));
    const bar = new ProgressBar('verify');
    let different = 0;
    let lost = 0;
    let filling = 0;
    let skipped = 0;
    for (const [index, window] of windows.entries()) {
      bar.show(index, windows.length);
      if (window.filling) {
        filling++;
        continue;
      }
      if (wrong.has(window.series)) {
        skipped++;
        continue;
      }
      for (const { micros, what, isLost = false } of await check.check(window, repair)) {
        if (isLost) lost++;
        if (++different > MAX_NAMED) continue;
        const { metadataKey, eventType } = window;
        console.log(`${metadataKey} ${eventType}, window ${window.window}, bin ${formatSeconds(micros)}: ${what}`);
      }
    }
    bar.stop();
    if (different > MAX_NAMED) console.log(`… and ${different - MAX_NAMED} more`);
    const summaries = foundIn(different - lost, lost, repair);
    const unsure = filling > 0 ? `; ${filling} windows are still being filled and were left out` : '';
    const damaged = skipped > 0 ? `; ${skipped} windows of points that are wrong were left out` : '';
    console.log(`Checked ${windows.length - filling - skipped} windows of summaries: ${summaries}${unsure}${damaged}.`);
    const sealed = await app.get(SealedBinStore).count();
    if (sealed > 0)
      console.log(`${sealed} bins came sealed from other archives: there is nothing to compare them with.`);
    if (repair ? lost > 0 : different > 0) process.exitCode = 1;
  });
}

/** @param lost the number of bins that contradict themselves, and whose points nobody has. */
function foundIn(different: number, lost: number, repair: boolean): string {
  const found: string[] = [];
  if (different > 0) found.push(`${different} bins differ${repair ? 'ed and were put right' : ''}`);
  if (lost > 0) found.push(`${lost} bins whose points were not kept contradict themselves, and stay as they are`);
  return found.length > 0 ? found.join('; ') : 'no difference';
}

/** Checks the points of each series, and prints what is wrong. Returns the series of which something is. */
async function verifyPoints(app: INestApplicationContext, series: readonly SeriesName[]): Promise<Set<number>> {
  const check = app.get(SegmentCheck);
  const bar = new ProgressBar('verify points');
  const wrong = new Set<number>();
  let found = 0;
  for (const [index, { id, metadataKey, eventType }] of series.entries()) {
    bar.show(index, series.length);
    const faults = await check.check(id);
    if (faults.length > 0) wrong.add(id);
    for (const { micros, what } of faults)
      if (++found <= MAX_NAMED)
        console.log(`${metadataKey} ${eventType}, points from ${formatSeconds(micros)}: ${what}`);
  }
  bar.stop();
  if (found > MAX_NAMED) console.log(`… and ${found - MAX_NAMED} more`);
  const kept = found === 0 ? 'nothing is wrong' : `${found} things are wrong, which "--repair" can't put right`;
  console.log(`Checked the points of ${series.length} series: ${kept}.`);
  if (found > 0) process.exitCode = 1;
  return wrong;
}
