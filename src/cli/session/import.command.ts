import { basename, resolve } from 'node:path';
import { operator } from '../../auth/caller.js';
import { OperatorError } from '../../common/errors.js';
import { FolderReport, type StreamReport } from '../../import/session/folder-report.js';
import { readFolder } from '../../import/session/folder.js';
import { importFolder, type SessionPlace } from '../../import/session/import-session.js';
import { isId } from '../../sessions/is-id.js';
import { WriteQueue } from '../../storage/ingest/write-queue.js';
import { SeriesStore } from '../../storage/registry/series-store.js';
import { SealedBinStore } from '../../storage/rollups/sealed-bin-store.js';
import { SessionStore } from '../../storage/sessions/session-store.js';
import { StreamStore } from '../../storage/sessions/stream-store.js';
import { plain } from '../get/quantity.js';
import { interruptible } from '../interruption.js';
import { ProgressBar } from '../progress-bar.js';
import { printable } from '../text-table.js';
import { withDatabase } from '../with-database.js';
import { microsOf } from './session-filter.js';

/** The options of `marigram session import`. */
export interface ImportSessionOptions {
  readonly id?: string;
  /** Seconds, as on the wire. */
  readonly start?: string;
  readonly aggregate?: boolean;
  readonly dryRun?: boolean;
}

const INTERRUPTED = 'Interrupted: what was stored stays, and the same command goes on from there.';

/** Imports a folder as a session and prints what became of each stream. The exit code is 1 where lines were bad. */
export async function importSession(
  env: NodeJS.ProcessEnv,
  directory: string,
  options: ImportSessionOptions,
): Promise<void> {
  const folder = await readFolder(resolve(directory));
  const id = options.id ?? basename(resolve(directory));
  if (!isId(id)) throw new OperatorError(`${JSON.stringify(id)} is no id of a session: give one with --id.`);
  const testStart = microsOf(options.start) ?? folder.testStart;
  if (testStart === undefined)
    throw new OperatorError(`${directory} does not tell when the test began: say it with --start.`);
  const store = async (place: SessionPlace | undefined): Promise<void> => {
    const report = new FolderReport();
    const bar = new ProgressBar('Import');
    try {
      await interruptible(async (signal) => {
        const how = { id, testStart, aggregate: options.aggregate ?? false };
        await importFolder(place, folder, { ...how, signal, onProgress: bar.show }, report);
      }, INTERRUPTED);
    } finally {
      bar.stop();
      // Where it broke off, too: what was stored stays.
      for (const { file, line, problem } of report.badLines)
        console.error(printable(`${file}, line ${line}: ${problem}`));
      if (report.badLineCount > report.badLines.length)
        console.error(`… and ${plain(report.badLineCount - report.badLines.length)} more lines`);
      for (const stream of report.streams) console.log(printable(lineOf(stream, place === undefined)));
    }
    if (report.badLineCount > 0) process.exitCode = 1;
    if (place) console.log(`Session ${id} is imported.`);
  };
  if (options.dryRun) return store(undefined);
  await withDatabase(env, async (app) => {
    await store({
      ...{ sessions: app.get(SessionStore), streams: app.get(StreamStore), series: app.get(SeriesStore) },
      ...{ queue: app.get(WriteQueue), sealed: app.get(SealedBinStore), by: operator() },
    });
  });
}

function lineOf({ id, points, seconds, empty, bad, isComputed }: StreamReport, isDryRun: boolean): string {
  const parts: string[] = [];
  if (points.read > 0 || seconds.read === 0) {
    parts.push(`${plain(points.read)} points`);
    if (!isDryRun) parts.push(`${plain(points.stored)} stored`, `${plain(points.there)} there already`);
    if (points.expired > 0) parts.push(`${plain(points.expired)} older than the retention here`);
  } else {
    parts.push(`${plain(seconds.read)} seconds without points`);
    if (!isDryRun) parts.push(`${plain(seconds.sealed)} values stored`, `${plain(seconds.there)} there already`);
  }
  if (isComputed) parts.push('seconds are computed from the points');
  if (empty > 0) parts.push(`${plain(empty)} lines without a value left out`);
  if (bad > 0) parts.push(`${plain(bad)} bad lines left out`);
  return `${id}: ${parts.join(', ')}`;
}
