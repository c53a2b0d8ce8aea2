import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { encodeNumbers } from '../src/storage/points/segment-codec.js';
import { SegmentCheck } from '../src/storage/points/segment-check.js';
import { SeriesStore } from '../src/storage/registry/series-store.js';
import { startArchive, type TestArchive } from './support/archive.js';
import { putPoints, readAll, register } from './support/builders.js';
import { empty } from './support/empty.js';

/** 2024-05-01 00:00 UTC. */
const BEGIN = 1_714_521_600;

/** Each series has so many segments, more than are checked at a time, of 40 points a minute apart. */
const SEGMENTS = 12;
const POINTS = 40;

/** The begin of the segment that the tests damage. */
const FIRST = BEGIN + 10 * POINTS * 60;

let archive: TestArchive;
let uri: string;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());
beforeEach(async () => {
  await empty(archive);
  uri = await register(archive, 'throughput', 'packet-loss-rate', 'failures');
  for (let segment = 0; segment < SEGMENTS; segment++) {
    const times = Array.from({ length: POINTS }, (_, index) => BEGIN + (segment * POINTS + index) * 60);
    for (const [type, valueOf] of [
      ['throughput', (ts: number) => ts],
      ['packet-loss-rate', (ts: number) => ({ numerator: ts % 7, denominator: 7 })],
      ['failures', (ts: number) => ({ error: `é ${ts}` })],
    ] as const)
      await putPoints(
        archive,
        uri,
        type,
        times.map((ts) => ({ ts, val: valueOf(ts) })),
      ).expect(201);
  }
});

async function faults(): Promise<[eventType: string, seconds: number, what: string][]> {
  const found: [string, number, string][] = [];
  for (const { id, eventType } of await archive.app.get(SeriesStore).names())
    for (const { micros, what } of await archive.app.get(SegmentCheck).check(id))
      found.push([eventType, micros / 1e6, what]);
  return found;
}

/** Runs a statement about the segment `s` of an event type that begins at `FIRST`; WHICH stands for the condition. */
async function damage(eventType: string, statement: string): Promise<void> {
  const which = `s.first = to_timestamp(${FIRST}) AND s.series = (SELECT id FROM series WHERE event_type = '${eventType}')`;
  await archive.query(statement.replace('WHICH', which));
}

test('nothing is wrong with what writers store', async () => {
  const count = 'SELECT count(*)::int AS segments, sum(points)::int AS points FROM segment';
  expect(await archive.query(count)).toEqual([{ segments: 3 * SEGMENTS, points: 3 * SEGMENTS * POINTS }]);
  expect(await faults()).toEqual([]);
});

test.each([
  ['last', `last - interval '1 s'`],
  ['points', 'points + 1'],
  ['longest_gap', 'longest_gap - 1'],
])('the column "%s" is compared with the data', async (column, expression) => {
  await damage('throughput', `UPDATE segment s SET ${column} = ${expression} WHERE WHICH`);
  expect(await faults()).toEqual([['throughput', FIRST, `its column "${column}" is not what its data say`]]);
});

test('the column "first" is compared with the data', async () => {
  await damage('throughput', `UPDATE segment s SET first = first + interval '1 s' WHERE WHICH`);
  expect(await faults()).toEqual([['throughput', FIRST + 1, 'its column "first" is not what its data say']]);
});

test('segments that overlap are found', async () => {
  const micros = [FIRST + 30, FIRST + 90].map((seconds) => seconds * 1e6);
  const data = encodeNumbers({ micros, values: [1, 2] }, 0, 2).toString('hex');
  await damage(
    'throughput',
    `INSERT INTO segment SELECT series, first + interval '30 s', 0, first + interval '90 s', 2, 60000000, 1, '\\x${data}'
     FROM segment s WHERE WHICH`,
  );
  expect(await faults()).toEqual([['throughput', FIRST + 30, 'it overlaps the one before']]);
});

test('a point that is stored twice is found, and read twice: no reader hangs', async () => {
  await damage(
    'throughput',
    `INSERT INTO point (series, ts, value) SELECT series, first + interval '2 min', 7 FROM segment s WHERE WHICH`,
  );
  expect(await faults()).toEqual([['throughput', FIRST + 120, 'the point is stored both loose and in a segment']]);
  const points = await readAll(archive, uri, 'throughput');
  expect(points.filter(({ ts }) => ts === FIRST + 120).map(({ val }) => val)).toEqual([7, FIRST + 120]);
  expect(points).toHaveLength(SEGMENTS * POINTS + 1);
});

test.each([
  ['first_point', `first_point + interval '1 h'`, BEGIN, 'the series says that its first point is later'],
  ['first_point', 'NULL', BEGIN, 'the series says that its first point is later'],
  [
    'last_point',
    `last_point - interval '1 s'`,
    BEGIN + (SEGMENTS * POINTS - 1) * 60,
    'the series says that its last point is earlier',
  ],
])('the series bounds its points: %s = %s', async (column, expression, seconds, what) => {
  await archive.query(`UPDATE series SET ${column} = ${expression} WHERE event_type = 'packet-loss-rate'`);
  expect(await faults()).toEqual([['packet-loss-rate', seconds, what]]);
});

test.each([
  ['throughput', 'substring(data FOR 12)', 'a segment of points is damaged: its bytes end too early'],
  ['packet-loss-rate', 'substring(data FOR octet_length(data) - 1)', 'its bytes end too early'],
  ['failures', 'substring(data FOR octet_length(data) - 1)', 'its bytes end too early'],
  ['throughput', `data || '\\x00'`, 'bytes stand behind its end'],
  ['throughput', `''`, 'its bytes end too early'],
  ['throughput', 'set_byte(data, 0, 64)', 'it has unknown flags'],
  ['throughput', 'set_byte(data, 1, 0)', 'it claims to hold 0 points'],
  ['failures', 'set_byte(data, octet_length(data) - 1, 0)', 'it holds a document that is no JSON'],
])('damaged bytes are a finding: %s, data = %s', async (eventType, data, what) => {
  await damage(eventType, `UPDATE segment s SET data = ${data} WHERE WHICH`);
  expect(await faults()).toEqual([[eventType, FIRST, expect.stringContaining(what)]]);
});

test.each([
  ['throughput', 3, "its codec is 3, which a series of integer can't have"],
  ['failures', 1, "its codec is 1, which a series of json can't have"],
])('the codec is that of the data type: %s, codec %d', async (eventType, codec, what) => {
  await damage(eventType, `UPDATE segment s SET codec = ${codec} WHERE WHICH`);
  expect(await faults()).toEqual([[eventType, FIRST, what]]);
});

test.each([
  [40 * 86_400, 'it reaches into another chunk'],
  [0, 'its times do not ascend'],
])('times must ascend and lie in one chunk: two points %d s apart', async (seconds, what) => {
  const micros = [FIRST, FIRST + seconds].map((time) => time * 1e6);
  const data = encodeNumbers({ micros, values: [1, 2] }, 0, 2).toString('hex');
  await archive.query(`UPDATE series SET last_point = to_timestamp($1)`, [FIRST + 41 * 86_400]);
  await archive.query('DELETE FROM segment WHERE first > to_timestamp($1)', [FIRST]);
  await damage(
    'throughput',
    `UPDATE segment s SET data = '\\x${data}', points = 2, last = to_timestamp(${FIRST + seconds}),
                          longest_gap = ${seconds}000000 WHERE WHICH`,
  );
  expect(await faults()).toEqual([['throughput', FIRST, what]]);
});
