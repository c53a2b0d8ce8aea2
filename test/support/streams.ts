import { randomBytes } from 'node:crypto';
import { MICROS_PER_SECOND } from '../../src/common/time.js';
import { type DataTypeName, DATA_TYPES } from '../../src/event-types/data-types.js';
import { timestampOf } from '../../src/postgres/timestamps.js';
import { type StreamColumns, type StreamOutcome } from '../../src/storage/ingest/stream-columns.js';
import { retryWhileStale } from '../../src/storage/ingest/retry-while-stale.js';
import { WriteQueue } from '../../src/storage/ingest/write-queue.js';
import { type WriteRequest } from '../../src/storage/ingest/write-request.js';
import { type Point } from '../../src/storage/points/point-slice.js';
import { SeriesStore, type SeriesRef } from '../../src/storage/registry/series-store.js';
import { type TestArchive } from './archive.js';

/** A stream of a session in a test. */
export interface TestStream {
  readonly key: string;
  readonly eventType: string;
  readonly session: string;
}

/** How a stream is registered. */
export interface StreamOptions {
  readonly dataType?: DataTypeName;
  readonly raw?: boolean;
  /** In micros. */
  readonly testStart?: number;
  readonly summaries?: readonly (readonly [type: string, window: number])[];
  readonly session?: string;
}

export const TEST_START = 1_574_164_720_249_248;

/** Registers a stream, by SQL; in a session of its own unless one is given. */
export async function newStream(archive: TestArchive, options: StreamOptions = {}): Promise<TestStream> {
  const { dataType = 'float', raw = true, testStart = TEST_START, summaries = [] } = options;
  const key = randomBytes(16).toString('hex');
  const session = options.session ?? `job_${key}`;
  const eventType = DATA_TYPES[dataType].isDocument ? 'event' : 'metric';
  await archive.query(
    `INSERT INTO session (id, name, username, operator, status, test_start, meta)
     VALUES ($1, '', 'tester', 'tester', 'open', $2, '{}') ON CONFLICT DO NOTHING`,
    [session, timestampOf(testStart)],
  );
  const [row] = await archive.query<{ id: number }>(
    `WITH subject AS (
       INSERT INTO metadata (key, subject_type, parameters, identity)
       VALUES ($1, 'stream', jsonb_build_object('session', $6::text, 'stream', $1::text, 'type', $2::text, 'name', ''),
               decode($1, 'hex'))
       RETURNING id
     )
     INSERT INTO series (metadata, event_type, data_type, origin, is_stream, keeps_points)
     SELECT id, $2, $3, $4, true, $5 FROM subject RETURNING id`,
    [key, eventType, dataType, testStart, raw, session],
  );
  await archive.query(
    `INSERT INTO session_stream (series, session, id, type, name, raw, aggregate, meta)
     VALUES ($1, $2, $3, $4, '', $5, $6, '{}')`,
    [row?.id, session, key, eventType, raw, summaries.length > 0],
  );
  for (const [type, window] of summaries)
    await archive.query('INSERT INTO summary (series, type, window_seconds) VALUES ($1, $2, $3)', [
      row?.id,
      type,
      window,
    ]);
  return { key, eventType, session };
}

export async function seriesOf({ app }: TestArchive, { key, eventType }: TestStream): Promise<SeriesRef> {
  const series = (await app.get(SeriesStore).ofMetadata([key])).get(key)?.get(eventType);
  if (!series) throw new Error(`there is no stream ${key}`);
  return series;
}

/** Points to write to a stream; texts are JSON documents. */
export interface StreamPoints {
  readonly stream: TestStream;
  readonly row?: number;
  readonly points: readonly (readonly [micros: number, value: number | string])[];
}

/** Writes points through the write queue, all in one request, as the routes do. */
export function write(
  archive: TestArchive,
  all: readonly StreamPoints[],
  options: Partial<WriteRequest> = {},
): Promise<readonly StreamOutcome[]> {
  return retryWhileStale(async () => {
    const request = await requestOf(archive, all);
    const outcome = await archive.app.get(WriteQueue).write({ ...request, ...options });
    return outcome.streams;
  });
}

export async function requestOf(archive: TestArchive, all: readonly StreamPoints[]): Promise<WriteRequest> {
  const streams: StreamColumns[] = [];
  for (const { stream, row, points } of all)
    streams.push({
      ...{ series: await seriesOf(archive, stream), row, micros: points.map(([micros]) => micros) },
      values: points.flatMap(([, value]) => (typeof value === 'number' ? [value] : [])),
      documents: points.flatMap(([, value]) => (typeof value === 'string' ? [value] : [])),
      denominators: [],
    });
  const size = streams.reduce((sum, { micros }) => sum + micros.length, 0);
  return { columns: [], streams, size, by: { username: 'tester', keyId: null, address: null } };
}

/** The ledger, such as `{[0,15000)}`. */
export async function ledgerOf(archive: TestArchive, { key }: TestStream): Promise<string> {
  const rows = await archive.query<{ received: string }>('SELECT received::text FROM session_stream WHERE id = $1', [
    key,
  ]);
  return rows[0]?.received ?? '';
}

/** `count` points that begin at a time, a micro apart; their values are their indexes. */
export function pointsFrom(begin: number, count: number, gap = 1): [number, number][] {
  return Array.from({ length: count }, (_, index) => [begin + index * gap, index]);
}

/** A point as [micros, value or document, row]. */
export function tupleOf({ micros, value, document, row }: Point): [number, number | string | null, number | undefined] {
  return [micros, document ?? value, row];
}

/** So many seconds, in micros. */
export function seconds(count: number): number {
  return count * MICROS_PER_SECOND;
}
