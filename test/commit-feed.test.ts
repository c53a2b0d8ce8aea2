import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Commit, CommitFeed } from '../src/storage/ingest/commit-feed.js';
import { startArchive, type TestArchive } from './support/archive.js';
import { postPoint, putPoints, readAll, register } from './support/builders.js';
import { placeOf } from './support/import.js';

let archive: TestArchive;
let feed: CommitFeed;
let commits: Commit[] = [];
const ends: (() => void)[] = [];
beforeAll(async () => {
  archive = await startArchive();
  feed = archive.app.get(CommitFeed);
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
});
afterAll(() => archive.close());

function listen(): void {
  commits = [];
  ends.push(feed.subscribe((commit) => commits.push(commit)));
}

async function idOf(uri: string, eventType: string): Promise<number> {
  const rows = await archive.query(
    `SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata
     WHERE m.key = '${uri.split('/').at(-2)}' AND event_type = '${eventType}'`,
  );
  return Number(rows[0]?.['id']);
}

const SECOND = 1_000_000;

test('a commit tells who wrote, how much, and which time of which series', async () => {
  const uri = await register(archive, 'throughput', 'packet-trace');
  const id = await idOf(uri, 'throughput');
  listen();
  await putPoints(archive, uri, 'throughput', [
    { ts: 30, val: 1 },
    { ts: 10, val: 2 },
    { ts: 20, val: 3 },
  ]).expect(201);
  await putPoints(archive, uri, 'throughput', [
    { ts: 20, val: 4 },
    { ts: 40, val: 5 },
  ]).expect(409);
  expect(commits).toMatchObject([
    {
      writes: [{ by: { username: 'tester' }, stored: 3, conflicts: 0 }],
      rows: 3,
      series: [{ id, points: 3, first: 10 * SECOND, last: 30 * SECOND }],
    },
    {
      writes: [{ stored: 1, conflicts: 1 }],
      rows: 1,
      series: [{ id, points: 1, first: 40 * SECOND, last: 40 * SECOND }],
    },
  ]);
});

test('only commits are told: neither refused requests nor those whose points are dropped or repeated', async () => {
  const uri = await register(archive, 'throughput');
  const put = () => putPoints(archive, uri, 'throughput', [{ ts: 1, val: 1 }]).set('idempotency-key', 'once');
  await put().expect(201);
  listen();
  await put().expect(201);
  await postPoint(archive, uri, 'throughput', { ts: 2, val: 'none' }).expect(400);
  await postPoint(archive, uri, 'failures', { ts: 2, val: 1 }).expect(201);
  expect(commits).toEqual([]);
});

test('an import is told like any other write', async () => {
  const uri = await register(archive, 'throughput');
  const key = uri.split('/').at(-2) ?? '';
  await postPoint(archive, uri, 'throughput', { ts: 5, val: 1 }).expect(201);
  listen();
  const point = (ts: number) => ({
    metadataKey: key,
    eventType: 'throughput',
    micros: ts * SECOND,
    value: 1,
    denominator: null,
    document: null,
  });
  await placeOf(archive).target.write([point(5), point(6)]);
  expect(commits).toMatchObject([
    { writes: [{ stored: 1, conflicts: 1 }], series: [{ id: await idOf(uri, 'throughput'), points: 1 }] },
  ]);
});

test('a subscriber that throws harms neither the write nor the others, and one that has ended is not called', async () => {
  const uri = await register(archive, 'throughput');
  ends.push(
    feed.subscribe(() => {
      throw new Error('broken');
    }),
  );
  listen();
  await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201);
  await postPoint(archive, uri, 'throughput', { ts: 2, val: 1 }).expect(201);
  expect(commits).toHaveLength(2);
  for (const end of ends.splice(0)) end();
  await postPoint(archive, uri, 'throughput', { ts: 3, val: 1 }).expect(201);
  expect(commits).toHaveLength(2);
  expect(await readAll(archive, uri, 'throughput')).toHaveLength(3);
});
