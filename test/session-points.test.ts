import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { columnsOf, newSession, newStream, send, START } from './support/sessions.js';

const TSV = 'text/tab-separated-values';
const COLUMNS = 'application/vnd.marigram.columns';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive({ MAX_POINTS: '20000', BODY_LIMIT: '1MiB' });
});
afterAll(() => archive.close());

/** Sends a body of any type. */
function sendAs(method: 'put' | 'post', path: string, type: string, body: Buffer | string) {
  const request = archive.http[method](path).set('authorization', archive.auth).set('content-type', type);
  // Else supertest would make JSON of the bytes.
  return request.serialize((bytes: unknown) => bytes as string).send(body);
}

const put = (stream: string, row: number | string, body: object | string) =>
  send(archive, 'put', `${stream}/points/${row}`, body);

const seconds = (count: number, from = 0): { ts: number[]; value: number[] } => ({
  ts: Array.from({ length: count }, (_, index) => START + (from + index) * 100),
  value: Array.from({ length: count }, (_, index) => from + index),
});

const valuesIn = (body: unknown): unknown[] => (body as { value: unknown }[]).map(({ value }) => value);

async function streamOf(path: string): Promise<Record<string, unknown>> {
  return (await archive.http.get(path).expect(200)).body;
}

describe('points of a stream', () => {
  test('are stored once, whatever way they are sent', async () => {
    const stream = await newStream(archive);
    const answer = (row: number, rows: number, stored: number, next: number) => ({
      ...{ row, rows, stored, repeated: rows - stored, expired: 0, 'next-row': next },
    });
    await put(stream, 0, seconds(10_000)).expect(200, answer(0, 10_000, 10_000, 10_000));
    await put(stream, 0, seconds(10_000)).expect(200, answer(0, 10_000, 0, 10_000));
    await put(stream, 5000, seconds(10_000, 5000)).expect(200, answer(5000, 10_000, 5000, 15_000));
    await put(stream, 12_000, seconds(100, 12_000)).expect(200, answer(12_000, 100, 0, 15_000));
    await put(stream, 12_000, seconds(100, 12_000)).expect(200, answer(12_000, 100, 0, 15_000));
    expect(await streamOf(stream)).toMatchObject({
      ...{ rows: 15_000, 'next-row': 15_000, received: [[0, 15_000]], gaps: [] },
      ...{ first: START, last: START + 1_499_900 },
    });
  });

  test('may come in any form', async () => {
    const stream = await newStream(archive);
    await put(stream, 0, [
      [START, 1],
      [START + 1, 2.5],
    ]).expect(200);
    await sendAs('put', `${stream}/points/2`, TSV, `${START + 2}\t3\r\n"${START + 3}"\t"4e0"\n`).expect(200);
    await sendAs('put', `${stream}/points/4`, COLUMNS, columnsOf([START + 4, START + 5], [5, -0.1])).expect(200);
    await send(archive, 'put', `${stream}/points/6?time=relative`, { ts: [6, -1], value: [7, 8] }).expect(200);
    const packed = gzipSync(JSON.stringify({ ts: [START + 7], value: [9] }));
    await sendAs('put', `${stream}/points/8`, 'application/json', packed).set('content-encoding', 'gzip').expect(200);
    const { body } = await archive.http.get(`${stream}/points?time=relative`).expect(200);
    expect(body).toEqual(
      [
        [-1, 8, 7],
        [0, 1, 0],
        [1, 2.5, 1],
        [2, 3, 2],
        [3, 4, 3],
        [4, 5, 4],
        [5, -0.1, 5],
        [6, 7, 6],
        [7, 9, 8],
      ].map(([ts, value, row]) => ({ ts, value, row })),
    );
  });

  test('are appended where they have no row number, once for each Idempotency-Key', async () => {
    const stream = await newStream(archive, { type: 'event' });
    const append = () => send(archive, 'post', `${stream}/points`, { ts: [START, START], value: ['200', 'ü "502"'] });
    await append().expect(200, { row: 0, rows: 2, stored: 2, repeated: 0, expired: 0, 'next-row': 2 });
    const first = await append().set('idempotency-key', 'append').expect(200);
    expect(first.body).toMatchObject({ row: 2, stored: 2, 'next-row': 4 });
    await append().set('idempotency-key', 'append').expect(200, first.body);
    await send(archive, 'post', `${stream}/points`, { ts: [START], value: ['x'] })
      .set('idempotency-key', 'append')
      .expect(422);
    const { body } = await archive.http.get(`${stream}/points`).expect(200);
    expect(valuesIn(body)).toEqual(['200', 'ü "502"', '200', 'ü "502"']);
  });

  test('of an event may be lines with quotes', async () => {
    const stream = await newStream(archive, { type: 'event' });
    const lines = `${START}\t200\n${START}\t"a\tb""c\nd"\n${START}\t\n`;
    await sendAs('post', `${stream}/points`, TSV, lines).expect(200);
    const { body } = await archive.http.get(`${stream}/points`).expect(200);
    expect(valuesIn(body)).toEqual(['200', 'a\tb"c\nd', '']);
    const { text } = await archive.http.get(`${stream}/points?format=tsv`).expect(200);
    expect(text).toBe(lines);
  });

  test('that are none are no change', async () => {
    const stream = await newStream(archive);
    await put(stream, 0, seconds(3)).expect(200);
    const nothing = { row: 7, rows: 0, stored: 0, repeated: 0, expired: 0, 'next-row': 3 };
    await put(stream, 7, { ts: [], value: [] }).expect(200, nothing);
    await put(stream, 7, '[]').expect(200, nothing);
    await sendAs('put', `${stream}/points/7`, TSV, '').expect(200, nothing);
    await sendAs('put', `${stream}/points/7`, COLUMNS, columnsOf([], [])).expect(200, nothing);
  });
});

describe('points of several streams', () => {
  test('are stored in one request, all or none', async () => {
    const session = await newSession(archive);
    const [metric, event] = [
      await newStream(archive, { type: 'metric' }, session),
      await newStream(archive, { type: 'event' }, session),
    ];
    const id = (path: string): string => path.split('/').at(-1) ?? '';
    const streams = [
      { stream: id(metric), row: 5, ts: [START], value: [1] },
      { stream: id(event), ts: [START, START + 1], value: ['a', 'b'] },
    ];
    const { body } = await send(archive, 'put', `${session}/points`, { streams }).expect(200);
    expect(body).toEqual({
      streams: [
        { stream: id(metric), row: 5, rows: 1, stored: 1, repeated: 0, expired: 0, 'next-row': 6 },
        { stream: id(event), row: 0, rows: 2, stored: 2, repeated: 0, expired: 0, 'next-row': 2 },
      ],
    });
    expect((await archive.http.get(session)).body).toMatchObject({
      streams: 2,
      rows: 3,
      first: START,
      last: START + 1,
    });
    const bad = [streams[0], { ...streams[1], value: ['a', 1] }];
    const refused = await send(archive, 'put', `${session}/points`, { streams: bad }).expect(400);
    expect(refused.body.detail).toBe('streams item 2, value 2: expected a text, got 1');
    const twice = await send(archive, 'put', `${session}/points`, { streams: [streams[0], streams[0]] }).expect(400);
    expect(twice.body.detail).toContain('is there twice');
    await send(archive, 'put', `${session}/points`, { streams: [{ ...streams[0], stream: 'x' }] }).expect(404);
    await send(archive, 'put', `${session}/points`, { streams: [{ ...streams[0], row: -1 }] }).expect(400);
    await send(archive, 'put', `${session}/points`, { streams: [{ ...streams[0], rows: 1 }] }).expect(400);
    await send(archive, 'put', `${session}/points`, {}).expect(400);
    expect((await archive.http.get(session)).body.rows).toBe(3);
  });
});

describe('what is wrong with points', () => {
  let metric: string;
  let event: string;
  beforeAll(async () => {
    metric = await newStream(archive);
    event = await newStream(archive, { type: 'event' });
  });

  test.each([
    ['columns of different lengths', { ts: [1, 2, 3], value: [1, 2] }, 'ts has 3 elements, value 2'],
    ['a time with a fraction', { ts: [1.5], value: [1] }, 'ts 1: expected integer microseconds, got 1.5'],
    ['a time in quotes', { ts: [1, '12'], value: [1, 1] }, 'ts 2: expected integer microseconds, got "12"'],
    ['a time that no double holds', { ts: [2 ** 53], value: [1] }, 'ts 1: expected integer microseconds'],
    ['no number', '{"ts": [1, 2], "value": [1, NaN]}', 'value 2: bad JSON'],
    ['a text for a number', { ts: [1], value: ['a'] }, 'value 1: expected a finite number, got "a"'],
    ['null for a number', { ts: [1, 2], value: [1, null] }, 'value 2: expected a finite number, got null'],
    ['a number beyond the doubles', '{"ts": [1], "value": [1e400]}', 'value 1: bad JSON: a number out of range'],
    ['a row without a value', [[1]], 'value 1: missing'],
    ['a row with more', [[1, 2, 3]], 'row 1: expected [ts, value], got more'],
    ['a row that is none', [[1, 2], 3], 'row 2: expected [ts, value], got 3'],
    ['no values', { ts: [1] }, 'value: missing'],
    ['another member', { ts: [1], value: [1], row: 5 }, 'row: there is no such field here'],
    ['a text', '"a"', 'expected an object of ts and value'],
    ['nothing', '', 'the body is empty'],
  ])('%s is refused', async (_, body, detail) => {
    const answer = await put(metric, 0, body).expect(400);
    expect(answer.body.detail).toContain(detail);
  });

  test.each([
    ['one field', `${START}\t1\n${START}\n`, 'line 2: expected ts, tab, value'],
    ['three fields', `${START}\t1\t2\n`, 'line 1: expected ts, tab, value'],
    ['an empty line', `${START}\t1\n\n${START}\t1\n`, 'line 2: expected ts, tab, value'],
    ['no time', 'a\t1\n', 'line 1, ts: expected integer microseconds, got "a"'],
    ['a time with a fraction', `${START}.0\t1\n`, 'line 1, ts: expected integer microseconds'],
    ['no number', `${START}\tNaN`, 'line 1, value: expected a finite number, got "NaN"'],
    ['an empty value', `${START}\t`, 'line 1, value: expected a finite number, got ""'],
    ['a quote without an end', `"${START}\t1\n`, 'line 1: the quote of a field is not closed'],
    ['text behind a quote', `"${START}"1\t1\n`, 'line 1: a quoted field goes on behind its quote'],
  ])('a line with %s is refused', async (_, body, detail) => {
    const answer = await sendAs('put', `${metric}/points/0`, TSV, body).expect(400);
    expect(answer.body.detail).toContain(detail);
  });

  test.each([
    ['a wrong length', columnsOf([1, 2], [1, 2]).subarray(0, 39), 'expected 40 bytes for 2 points, got 39'],
    [
      'a thousand points too few',
      Buffer.concat([columnsOf([], []).fill(0xe8, 4, 5).fill(3, 5, 6)]),
      'expected 16008 bytes for 1000 points',
    ],
    ['no head', Buffer.from([1]), 'expected 8 bytes or more'],
    ['another version', Buffer.alloc(8), 'expected version 1'],
    ['a time that no double holds', columnsOf([1, 2n ** 53n], [1, 1]), 'ts 2: expected integer microseconds'],
    ['no number', columnsOf([1, 2], [1, NaN]), 'value 2: expected a finite number, got NaN'],
    ['an infinity', columnsOf([1], [Infinity]), 'value 1: expected a finite number, got Infinity'],
  ])('binary columns with %s are refused', async (_, body, detail) => {
    const answer = await sendAs('put', `${metric}/points/0`, COLUMNS, body).expect(400);
    expect(answer.body.detail).toContain(detail);
  });

  test.each([
    ['a number', { ts: [1], value: [200] }, 'value 1: expected a text, got 200'],
    ['a boolean', { ts: [1], value: [true] }, 'value 1: expected a text, got true'],
    ['a long text', { ts: [1], value: ['x'.repeat(65_537)] }, 'value 1: expected a text of at most 64 KiB'],
    ['a NUL', '{"ts": [1], "value": ["\\u0000"]}', 'value 1: a NUL character'],
  ])('an event with %s is refused', async (_, body, detail) => {
    const answer = await put(event, 0, body).expect(400);
    expect(answer.body.detail).toContain(detail);
  });

  test('an event has no binary columns', async () => {
    const { body } = await sendAs('put', `${event}/points/0`, COLUMNS, columnsOf([1], [1])).expect(400);
    expect(body.detail).toContain('numbers only');
  });

  test.each(['-1', '1e3', '2147483648', 'x'])('the row %s is refused', async (row) => {
    const { body } = await put(metric, row, { ts: [1], value: [1] }).expect(400);
    expect(body.detail).toContain('row: expected an integer from 0 to 2147483647');
  });

  test('rows beyond the last one are refused', async () => {
    const { body } = await put(metric, 2_147_483_647, { ts: [1, 2], value: [1, 2] }).expect(400);
    expect(body.detail).toContain('the stream is full');
  });

  test('content types and encodings that are not known are refused', async () => {
    await sendAs('put', `${metric}/points/0`, 'text/csv', '1,1').expect(415);
    const json = (encoding: string, body: Buffer) =>
      sendAs('put', `${metric}/points/0`, 'application/json', body).set('content-encoding', encoding);
    await json('br', Buffer.from('[]')).expect(415);
    const { body } = await json('gzip', Buffer.from('[]')).expect(400);
    expect(body.detail).toContain('not gzip');
    await json('gzip', gzipSync('[[1, 1]]').subarray(0, 15)).expect(400);
    await json('identity', Buffer.from('[]')).expect(200);
  });

  test('a large body is refused as soon as it is too large, compressed or not', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024, ' '), { level: 1 });
    expect(bomb.length).toBeLessThan(2 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    await sendAs('put', `${metric}/points/0`, 'application/json', bomb.subarray(0, 1024 * 1024))
      .set('content-encoding', 'gzip')
      .expect(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
    await put(metric, 0, seconds(20_001)).expect(413);
  });

  test('a stream or a session that is not there is not found', async () => {
    const { body } = await put(`${metric}x`, 0, { ts: [1], value: [1] }).expect(404);
    expect(body.detail).toContain('there is no stream');
    const session = await put('/api/v1/sessions/none/streams/a', 0, { ts: [1], value: [1] }).expect(404);
    expect(session.body.detail).toBe('there is no session none');
    await archive.http.get(`${metric}x/points`).expect(404);
  });

  test('none of it was stored', async () => {
    for (const stream of [metric, event]) {
      expect(await streamOf(stream)).toMatchObject({ rows: 0, first: null });
      expect((await archive.http.get(`${stream}/points`).expect(200)).body).toEqual([]);
    }
  });
});

test('a session that has ended takes no points until it is opened again', async () => {
  const session = await newSession(archive);
  const stream = await newStream(archive, { type: 'metric' }, session);
  await put(stream, 0, seconds(10)).expect(200);
  await put(stream, 20, seconds(10, 20)).expect(200);
  const { body } = await send(archive, 'post', `${session}/close`).expect(200);
  expect(body).toMatchObject({ 'test-end': START + 2900, duration: 2900 });
  expect(body.gaps).toEqual([{ stream: stream.split('/').at(-1), from: 10, to: 20 }]);
  const { body: refused } = await put(stream, 10, seconds(10, 10)).expect(409);
  expect(refused.detail).toMatch(/^session .* is closed: POST .*\/reopen first$/);
  await send(archive, 'put', `${session}/streams/late`, { type: 'metric' }).expect(409);
  await send(archive, 'post', `${session}/reopen`).expect(200);
  await put(stream, 10, seconds(10, 10)).expect(200);
  expect((await send(archive, 'post', `${session}/interrupt`).expect(200)).body.gaps).toEqual([]);
  expect((await archive.http.get(`${stream}/points`)).body).toHaveLength(30);
});

test('points of a stream can be written by its session only', async () => {
  const stream = await newStream(archive);
  const { 'metadata-key': key } = (await streamOf(stream)) as { 'metadata-key': string };
  const path = `/esmond/perfsonar/archive/${key}`;
  const { body } = await send(archive, 'post', `${path}/metric/base`, { ts: 1, val: 1 }).expect(400);
  expect(body.detail).toContain(`write to ${stream}/points`);
  await send(archive, 'put', path, { data: [{ ts: 1, val: [{ 'event-type': 'metric', val: 1 }] }] }).expect(400);
});
