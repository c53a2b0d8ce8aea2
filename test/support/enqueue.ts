import { type StoredValue } from '../../src/event-types/data-types.js';
import { ColumnsBySeries } from '../../src/storage/ingest/columns-by-series.js';
import { WriteQueue } from '../../src/storage/ingest/write-queue.js';
import { type WriteOutcome } from '../../src/storage/ingest/write-request.js';
import { SeriesStore } from '../../src/storage/registry/series-store.js';
import { type TestArchive } from './archive.js';

/** A point as the write queue takes it. */
export interface QueuedPoint {
  readonly micros: number;
  readonly nanos?: number;
  readonly value: Partial<StoredValue>;
}

/** Writes points of an event type of a metadata as one request that no route can make. */
export async function enqueue(
  { app }: TestArchive,
  uri: string,
  type: string,
  points: readonly QueuedPoint[],
): Promise<WriteOutcome> {
  const key = uri.split('/').at(-2)!;
  const series = (await app.get(SeriesStore).ofMetadata([key])).get(key)!.get(type)!;
  const columns = new ColumnsBySeries();
  for (const { micros, nanos, value } of points)
    columns.add(series, micros, { value: null, denominator: null, document: null, ...value }, nanos);
  const by = { username: 'test', keyId: null, address: null };
  return app.get(WriteQueue).write({ columns: columns.columns, size: columns.size, by });
}
