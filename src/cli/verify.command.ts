import { RollupCheck } from '../storage/rollups/rollup-check.js';
import { SealedBinStore } from '../storage/rollups/sealed-bin-store.js';
import { formatSeconds } from '../common/time.js';
import { ProgressBar } from './progress-bar.js';
import { withDatabase } from './with-database.js';

/** The maximum of printed differences. */
const MAX_LISTED = 20;

/**
 * Compares stored summaries with the points they sum up, and prints what differs. The exit code is 1 where a
 * difference remains, and 0 where all are repaired.
 * @param sample the share of the windows to check, from 0 (exclusive) to 1.
 * @param repair whether differences are repaired.
 */
export async function verify(env: NodeJS.ProcessEnv, sample: number, repair: boolean): Promise<void> {
  await withDatabase(env, async (app) => {
    const check = app.get(RollupCheck);
    const windows = (await check.windows()).filter(() => Math.random() < sample);
    const bar = new ProgressBar('verify');
    let different = 0;
    let filling = 0;
    for (const [index, window] of windows.entries()) {
      bar.show(index, windows.length);
      if (window.filling) {
        filling++;
        continue;
      }
      for (const { micros, what } of await check.check(window, repair)) {
        if (++different > MAX_LISTED) continue;
        const { metadataKey, eventType } = window;
        console.log(`${metadataKey} ${eventType}, window ${window.window}, bin ${formatSeconds(micros)}: ${what}`);
      }
    }
    bar.stop();
    if (different > MAX_LISTED) console.log(`… and ${different - MAX_LISTED} more`);
    const kept = different === 0 ? 'no difference' : `${different} bins differ${repair ? 'ed and were put right' : ''}`;
    const unsure = filling > 0 ? `; ${filling} windows are still being filled and were left out` : '';
    console.log(`Checked ${windows.length - filling} windows of summaries: ${kept}${unsure}.`);
    const sealed = await app.get(SealedBinStore).count();
    if (sealed > 0)
      console.log(`${sealed} bins came sealed from other archives: there is nothing to compare them with.`);
    if (different > 0 && !repair) process.exitCode = 1;
  });
}
