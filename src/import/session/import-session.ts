import { Invalid, OperatorError } from '../../common/errors.js';
import { parseSlice } from '../../json/json-text.js';
import { type Progress } from '../../jobs/progress.js';
import { Meta } from '../../sessions/meta.js';
import { newStreamOf } from '../../sessions/new-stream.js';
import { type Actor } from '../../storage/access/audit-store.js';
import { type SessionStore } from '../../storage/sessions/session-store.js';
import { type StoredStream, type StreamStore } from '../../storage/sessions/stream-store.js';
import { FolderReport } from './folder-report.js';
import { type FolderSession, type FolderStream } from './folder.js';
import { StreamReader } from './read-stream.js';
import { type StreamStores, StreamTarget } from './stream-target.js';

/** What stores a session. */
export interface SessionPlace extends StreamStores {
  readonly sessions: SessionStore;
  readonly streams: StreamStore;
  readonly by: Actor;
}

/** How to import a folder. */
export interface FolderOptions extends Progress {
  /** The id of the session. */
  readonly id: string;
  /** The start of the test in micros. */
  readonly testStart: number;
  /** Whether streams are summed up whose files don't say so. */
  readonly aggregate: boolean;
}

/**
 * Imports a folder as a session, and ends that. It may be interrupted anywhere and run again: ids come from the folder, and
 * row numbers from the lines. Throws `Invalid`, `StateConflict` where the session is another one, and `Unavailable`.
 * @param place where to store it; `undefined` only reads and counts.
 */
export async function importFolder(
  place: SessionPlace | undefined,
  folder: FolderSession,
  options: FolderOptions,
  report = new FolderReport(),
): Promise<FolderReport> {
  const total = folder.streams.flatMap(({ tables }) => tables).reduce((sum, { begin, end }) => sum + end - begin, 0);
  let done = 0;
  const onBytes = (bytes: number): void => {
    done += bytes;
    options.onProgress?.(done, total);
  };
  if (place) await createSession(place, folder, options);
  let last = -Infinity;
  for (const stream of folder.streams) {
    const counts = { all: report, stream: report.stream(stream.id) };
    const reader = new StreamReader(stream, options.testStart, counts, { signal: options.signal, onBytes });
    const target = place && new StreamTarget(place, await register(place, stream, options), counts.stream, place.by);
    last = Math.max(last, await reader.read(target));
  }
  if (place) await endSession(place, folder, options.id, last);
  return report;
}

async function createSession(
  { sessions, by }: SessionPlace,
  { name = '', operator = by.username, meta }: FolderSession,
  { id, testStart }: FolderOptions,
): Promise<void> {
  await sessions.create({ id, name, operator, testStart, meta: metaOf('job_meta', meta).text }, by);
}

async function register(
  { streams, by }: SessionPlace,
  { id, type, caseName, parent, meta, tables }: FolderStream,
  options: FolderOptions,
): Promise<StoredStream> {
  const hasPoints = tables.some(({ name }) => name === 'metrics' || name === 'events');
  const aggregate = options.aggregate || !hasPoints || tables.length > 1;
  const object = { type, raw: hasPoints, aggregate, case: caseName, parent, meta: metaOf(`meta of ${id}`, meta) };
  return (await streams.register(newStreamOf(options.id, id, object), by, true)).stream;
}

/** @param last the end of the last second that came without its points, in micros; else -Infinity. */
async function endSession({ sessions, by }: SessionPlace, folder: FolderSession, id: string, last: number) {
  const session = await sessions.find(id);
  if (session?.status !== 'open') return;
  const latest = Math.max(last, session.last ?? -Infinity);
  const end = folder.testEnd ?? (Number.isFinite(latest) ? latest : session.testStart);
  await sessions.end(id, folder.status, Math.max(end, session.testStart), by);
}

function metaOf(what: string, members: Readonly<Record<string, unknown>>): Meta {
  try {
    return Meta.parse(parseSlice(JSON.stringify(members)));
  } catch (error) {
    throw error instanceof Invalid ? new OperatorError(`${what}: ${error.message}.`, { cause: error }) : error;
  }
}
