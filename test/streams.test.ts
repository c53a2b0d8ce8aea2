import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PackingService } from '../src/packing/packing.service.js';
import { Database } from '../src/postgres/database.js';
import { microsOf, timestampOf } from '../src/postgres/timestamps.js';
import { BatchWriter } from '../src/storage/ingest/batch-writer.js';
import { type PointRange } from '../src/storage/points/point-source.js';
import { PointStore } from '../src/storage/points/point-store.js';
import { SegmentCheck } from '../src/storage/points/segment-check.js';
import { encodeNumbers } from '../src/storage/points/segment-codec.js';
import { ChunkSweep } from '../src/storage/removal/chunk-sweep.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { packAll } from './support/packed.js';
import {
  ledgerOf,
  newStream,
  pointsFrom,
  requestOf,
  seconds,
  seriesOf,
  type StreamPoints,
  TEST_START,
  type TestStream,
  tupleOf,
  write,
} from './support/streams.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive({ CHUNK_INTERVAL: '2h' });
});
afterAll(() => archive.close());

/** The stored points, in SQL, as [micros, value, row]. */
async function stored(stream: TestStream): Promise<unknown[]> {
  const { id } = await seriesOf(archive, stream);
  const rows = await archive.query<{ micros: number; value: number | null; document: unknown; row: number }>(
    `SELECT ${microsOf('ts')} AS micros, value, document, row FROM points WHERE series = $1 ORDER BY ts, row`,
    [id],
  );
  return rows.map(({ micros, value, document, row }) => [micros, document ?? value, row]);
}

/** The segments as [micros, row, points]. */
async function segments(stream: TestStream): Promise<unknown[]> {
  const { id } = await seriesOf(archive, stream);
  const rows = await archive.query<{ first: number; row: number; points: number }>(
    `SELECT ${microsOf('first')} AS first, row, points FROM segment WHERE series = $1 ORDER BY 1, 2`,
    [id],
  );
  return rows.map(({ first, row, points }) => [first, row, points]);
}

/** The counts and sums of the bins of a window. */
async function bins(stream: TestStream, window = 1): Promise<unknown[]> {
  const { id } = await seriesOf(archive, stream);
  const rows = await archive.query<{ bin: number; count: number; sum: number }>(
    `SELECT ${microsOf('bin')} AS bin, count::float8, sum::float8 FROM rollup
     WHERE series = $1 AND window_seconds = $2 ORDER BY 1`,
    [id, window],
  );
  return rows.map(({ bin, count, sum }) => [bin, count, sum]);
}

const AVERAGES = [['average', 1]] as const;

describe('row numbers', () => {
  test.each([true, false])('each row counts once, however it is sent; points kept: %s', async (raw) => {
    const stream = await newStream(archive, { raw, summaries: AVERAGES });
    const points = pointsFrom(TEST_START, 15_000, 100);
    const send = async (begin: number, end: number): Promise<unknown> => {
      const [outcome] = await write(archive, [{ stream, row: begin, points: points.slice(begin, end) }]);
      return outcome;
    };
    const outcome = (row: number, rows: number, isNew: number, nextRow: number): unknown => ({
      ...{ row, rows, stored: isNew, repeated: rows - isNew, expired: 0, nextRow },
    });
    expect(await send(0, 10_000)).toEqual(outcome(0, 10_000, 10_000, 10_000));
    expect(await send(0, 10_000)).toEqual(outcome(0, 10_000, 0, 10_000));
    expect(await send(5_000, 15_000)).toEqual(outcome(5_000, 10_000, 5_000, 15_000));
    expect(await send(12_000, 12_100)).toEqual(outcome(12_000, 100, 0, 15_000));
    expect(await send(12_000, 12_100)).toEqual(outcome(12_000, 100, 0, 15_000));
    expect(await ledgerOf(archive, stream)).toBe('{[0,15000)}');
    const sumOf = (begin: number, end: number): number => ((begin + end - 1) * (end - begin)) / 2;
    expect(await bins(stream)).toEqual([
      [TEST_START, 10_000, sumOf(0, 10_000)],
      [TEST_START + seconds(1), 5_000, sumOf(10_000, 15_000)],
    ]);
    expect(await stored(stream)).toEqual(raw ? points.map(([micros, value], row) => [micros, value, row]) : []);
    const [series] = await archive.query(
      `SELECT ${microsOf('first_point')} AS first, ${microsOf('last_point')} AS last FROM series
       JOIN metadata m ON m.id = metadata WHERE m.key = $1`,
      [stream.key],
    );
    expect(series).toEqual({ first: TEST_START, last: TEST_START + 1_499_900 });
  });

  test('gaps are filled later; a row keeps its first point', async () => {
    const stream = await newStream(archive);
    const send = (row: number, points: StreamPoints['points']) => write(archive, [{ stream, row, points }]);
    await send(10, pointsFrom(TEST_START, 5));
    await send(3, pointsFrom(TEST_START, 2));
    expect(await ledgerOf(archive, stream)).toBe('{[3,5),[10,15)}');
    expect(await send(0, pointsFrom(TEST_START + 100, 12))).toEqual([
      { row: 0, rows: 12, stored: 8, repeated: 4, expired: 0, nextRow: 15 },
    ]);
    expect(await ledgerOf(archive, stream)).toBe('{[0,15)}');
    const first = [3, 4, 10, 11, 12, 13, 14].map((row) => [TEST_START + (row < 10 ? row - 3 : row - 10), row < 10 ? row - 3 : row - 10, row]); // prettier-ignore
    const later = [0, 1, 2, 5, 6, 7, 8, 9].map((row) => [TEST_START + 100 + row, row, row]);
    const byPlace = (a: number[], b: number[]): number => a[0]! - b[0]! || a[2]! - b[2]!;
    expect(await stored(stream)).toEqual([...first, ...later].sort(byPlace));
  });

  test('points without row numbers are appended, and any number of them may have one time', async () => {
    const stream = await newStream(archive, { dataType: 'json' });
    const same = (text: string, count: number) =>
      Array.from({ length: count }, (): [number, string] => [TEST_START, `"${text}"`]);
    expect(await write(archive, [{ stream, points: same('a', 3) }])).toMatchObject([{ row: 0, nextRow: 3 }]);
    expect(await write(archive, [{ stream, row: 7, points: same('b', 1) }])).toMatchObject([{ row: 7, nextRow: 8 }]);
    expect(await write(archive, [{ stream, points: same('c', 2) }])).toMatchObject([
      { row: 8, stored: 2, nextRow: 10 },
    ]);
    expect(await stored(stream)).toEqual(
      ['a', 'a', 'a', 'b', 'c', 'c'].map((text, index) => [TEST_START, text, index < 3 ? index : index + 4]),
    );
    expect(await write(archive, [{ stream, points: [] }])).toEqual([
      { row: 10, rows: 0, stored: 0, repeated: 0, expired: 0, nextRow: 10 },
    ]);
  });

  test('requests of one transaction take row numbers in the order of their arrival', async () => {
    const [stream, other] = [await newStream(archive), await newStream(archive)];
    const sent: StreamPoints[][] = [
      [{ stream, row: 0, points: pointsFrom(TEST_START, 2) }],
      [{ stream, points: pointsFrom(TEST_START, 3) }],
      [{ stream, row: 1, points: pointsFrom(TEST_START, 8) }],
      [
        { stream: other, row: 4, points: pointsFrom(TEST_START, 1) },
        { stream, points: pointsFrom(TEST_START, 1) },
      ],
      [{ stream, row: 0, points: pointsFrom(TEST_START, 20) }],
    ];
    const requests = await Promise.all(sent.map((all) => requestOf(archive, all)));
    const outcomes = await archive.app.get(BatchWriter).write(requests, { ifHeld: 'wait' });
    expect(
      outcomes.map(({ streams }) => streams.map(({ row, stored: count, nextRow }) => [row, count, nextRow])),
    ).toEqual([
      [[0, 2, 2]],
      [[2, 3, 5]],
      [[1, 4, 9]],
      [[4, 1, 5], [9, 1, 10]], // prettier-ignore
      [[0, 10, 20]],
    ]);
    expect(await ledgerOf(archive, stream)).toBe('{[0,20)}');
    expect(await stored(stream)).toHaveLength(20);
  });

  test('rows that have expired are taken, and not stored', async () => {
    const stream = await newStream(archive, { summaries: AVERAGES });
    await archive.query(
      `UPDATE series SET base_cut_off = timestamptz '2019-11-19 12:00Z' FROM metadata m WHERE m.id = metadata AND key = $1`,
      [stream.key],
    );
    const cutOff = Date.UTC(2019, 10, 19, 12) * 1000;
    const points: [number, number][] = [[cutOff - 1, 1], [cutOff, 2], [0, 3], [cutOff + 1, 4]]; // prettier-ignore
    expect(await write(archive, [{ stream, row: 0, points }])).toEqual([
      { row: 0, rows: 4, stored: 2, repeated: 0, expired: 2, nextRow: 4 },
    ]);
    expect(await write(archive, [{ stream, row: 0, points }])).toMatchObject([{ stored: 0, repeated: 4, expired: 0 }]);
    expect(await stored(stream)).toEqual([[cutOff, 2, 1], [cutOff + 1, 4, 3]]); // prettier-ignore
  });

  test('they end at 2^31 − 1', async () => {
    const stream = await newStream(archive);
    const last = 2 ** 31 - 1;
    const send = (row: number | undefined, count: number) =>
      write(archive, [{ stream, ...(row !== undefined && { row }), points: pointsFrom(TEST_START, count) }]);
    await expect(send(last, 2)).rejects.toThrow('the stream is full: its row numbers end at 2147483647');
    expect(await send(last, 1)).toMatchObject([{ stored: 1, nextRow: 2 ** 31 }]);
    await expect(send(undefined, 1)).rejects.toThrow('the stream is full');
    expect(await stored(stream)).toEqual([[TEST_START, 0, last]]);
  });

  test('a ledger has 10,000 ranges at most', async () => {
    const stream = await newStream(archive);
    await archive.query(
      `UPDATE session_stream SET received = (SELECT range_agg(int8range(2 * n, 2 * n + 1)) FROM generate_series(0, 9999) n)
       WHERE id = $1`,
      [stream.key],
    );
    const send = (row: number) => write(archive, [{ stream, row, points: pointsFrom(TEST_START, 1) }]);
    await expect(send(30_000)).rejects.toThrow('more than 10000 gaps');
    expect(await send(5)).toMatchObject([{ stored: 1, nextRow: 19_999 }]);
    expect(await send(30_000)).toMatchObject([{ stored: 1, nextRow: 30_001 }]);
  });
});

describe('a session that has ended', () => {
  test('takes no points, unless they may be late; other requests of the transaction are stored', async () => {
    const [ended, open] = [await newStream(archive), await newStream(archive)];
    await archive.query("UPDATE session SET status = 'closed' WHERE id = $1", [ended.session]);
    const refused = write(archive, [
      { stream: open, points: pointsFrom(TEST_START, 1) },
      { stream: ended, points: pointsFrom(TEST_START, 1) },
    ]);
    const others = write(archive, [{ stream: open, points: pointsFrom(TEST_START, 4) }]);
    await expect(refused).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(`session ${ended.session} is closed`) as string,
    });
    expect(await others).toMatchObject([{ row: 0, nextRow: 4 }]);
    const late = [{ stream: ended, points: pointsFrom(TEST_START, 2) }];
    expect(await write(archive, late, { allowsClosed: true })).toMatchObject([{ stored: 2 }]);
    expect(await ledgerOf(archive, ended)).toBe('{[0,2)}');
  });

  test('that others are changing holds up no other writes', async () => {
    const [held, free] = [await newStream(archive), await newStream(archive)];
    const points = pointsFrom(TEST_START, 1);
    const closer = new pg.Client(archive.databaseUrl);
    await closer.connect();
    await closer.query('BEGIN');
    await closer.query("UPDATE session SET status = 'interrupted' WHERE id = $1", [held.session]);
    const waiting = write(archive, [{ stream: held, points }]);
    waiting.catch(() => undefined);
    expect(await write(archive, [{ stream: free, points }])).toMatchObject([{ stored: 1 }]);
    await closer.query('COMMIT');
    await closer.end();
    await expect(waiting).rejects.toThrow(`session ${held.session} is interrupted`);
  });
});

test('segments lie in one chunk and one hour, in the order of time and row', async () => {
  const stream = await newStream(archive);
  const noon = Date.UTC(2024, 4, 1, 12) * 1000;
  // Every ten minutes from noon to 16:50, from the last to the first, in three chunks.
  const points = pointsFrom(noon, 30, seconds(600)).reverse();
  await write(archive, [{ stream, row: 0, points }]);
  expect(await segments(stream)).toEqual(
    [0, 1, 2, 3, 4].map((hour) => [noon + seconds(3600 * hour), 24 - 6 * hour, 6]),
  );
  expect(await stored(stream)).toEqual([...points.keys()].reverse().map((row) => [...points[row]!, row]));
  const many = await newStream(archive);
  await write(archive, [{ stream: many, row: 5, points: pointsFrom(noon, 10_000, 0) }]);
  expect(await segments(many)).toEqual([
    [noon, 5, 8192],
    [noon, 8197, 1808],
  ]);
});

describe('reading', () => {
  /** All points of a range, as [micros, value, row]. */
  async function read(stream: TestStream, options: Partial<PointRange> & { limit?: number; offset?: number } = {}) {
    const { id, dataType } = await seriesOf(archive, stream);
    const { limit = Infinity, offset = 0, ...bounds } = options;
    const range = { begin: 0, end: Number.MAX_SAFE_INTEGER, descending: false, ...bounds };
    const source = archive.app.get(PointStore).source({ series: id, dataType, isStream: true, ...range });
    const points: unknown[] = [];
    for await (const slice of source.slices(limit, offset)) {
      expect(slice.length).toBeGreaterThan(0);
      for (const point of slice) points.push(tupleOf(point));
    }
    return points;
  }

  type Row = [micros: number, value: number | string, row: number];
  const byPlace = (a: Row, b: Row): number => a[0] - b[0] || a[2] - b[2];

  /** Every range, page and direction of a stream gives what its points say. */
  async function expectReads(stream: TestStream, all: readonly Row[]): Promise<void> {
    const sorted = all.toSorted(byPlace);
    expect(await read(stream)).toEqual(sorted);
    expect(await read(stream, { descending: true })).toEqual(sorted.toReversed());
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]![0];
    for (const [begin, end] of [
      [at(0.2), at(0.7)],
      [at(0.5), at(0.5)],
      [at(0.3) + 1, at(1)],
      [at(1) + 1, at(1) + 2],
    ] as const)
      for (const descending of [false, true])
        for (const [limit, offset] of [
          [Infinity, 0],
          [3, 2],
          [1, 0],
        ] as const) {
          const inRange = sorted.filter(([micros]) => micros >= begin && micros <= end);
          const ordered = descending ? inRange.toReversed() : inRange;
          const page = await read(stream, { begin, end, descending, limit, offset });
          expect(page).toEqual(ordered.slice(offset, offset + limit));
          const { id } = await seriesOf(archive, stream);
          const count = await archive.app.get(PointStore).count(archive.app.get(Database), id, begin, end);
          expect(count).toBe(inRange.length);
        }
  }

  /** Writes rows in pieces, and returns them as they are to be read. */
  async function filled(
    stream: TestStream,
    points: StreamPoints['points'],
    piece: number,
    order: (pieces: number[]) => number[] = (pieces) => pieces,
  ): Promise<Row[]> {
    const begins = Array.from({ length: Math.ceil(points.length / piece) }, (_, index) => index * piece);
    for (const begin of order(begins))
      await write(archive, [{ stream, row: begin, points: points.slice(begin, begin + piece) }]);
    return points.map(([micros, value], row) => [micros, value, row]);
  }

  test('one segment behind the other', async () => {
    const stream = await newStream(archive);
    await expectReads(stream, await filled(stream, pointsFrom(TEST_START, 500, 1000), 100));
  });

  test('segments that overlap, over many hours', async () => {
    const stream = await newStream(archive);
    const points = Array.from({ length: 900 }, (_, index): [number, number] => [
      TEST_START + seconds(60) * ((index * 389) % 900),
      index,
    ]);
    await expectReads(stream, await filled(stream, points, 30, (pieces) => pieces.toReversed()));
  });

  test('documents, any number of them at one time', async () => {
    const stream = await newStream(archive, { dataType: 'json' });
    const points = Array.from({ length: 120 }, (_, index): [number, string] => [
      TEST_START + seconds(1000) * (index % 4),
      `{"n":${index}}`,
    ]);
    await expectReads(stream, await filled(stream, points, 7));
  });

  test('more points overlap than are held at a time', async () => {
    const stream = await newStream(archive);
    const points = Array.from({ length: 280_000 }, (_, index): [number, number] => [
      TEST_START + ((index * 104_729) % 1_000_003) * 100,
      index % 1000,
    ]);
    const all = await filled(stream, points, 10_000);
    const sorted = all.toSorted(byPlace);
    // Comparing texts is quicker.
    expect(JSON.stringify(await read(stream)) === JSON.stringify(sorted)).toBe(true);
    const newest = await read(stream, { descending: true, limit: 1000, offset: 5 });
    expect(newest).toEqual(sorted.toReversed().slice(5, 1005));
  });

  test('one point a request, all at one time', async () => {
    const stream = await newStream(archive);
    const points = pointsFrom(TEST_START, 150, 0);
    await expectReads(stream, await filled(stream, points, 1));
  });

  test('over HTTP, each value is an element, several with one time', async () => {
    const stream = await newStream(archive);
    const begin = Math.floor(TEST_START / 1e6) * 1e6;
    const points: [number, number][] = [[begin + 2, 5], [begin, 1.5], [begin + 2, 4], [begin, 1], [begin + 1e6, 7]]; // prettier-ignore
    await filled(stream, points, 2);
    const path = `${ARCHIVE}${stream.key}/metric/base`;
    const ts = begin / 1e6;
    const expected = [
      { ts, val: 1.5 },
      { ts, val: 1 },
      { ts: ts + 2e-6, val: 5 },
      { ts: ts + 2e-6, val: 4 },
      { ts: ts + 1, val: 7 },
    ];
    expect((await archive.http.get(path).expect(200)).body).toEqual(expected);
    expect((await archive.http.get(`${path}?order=desc`).expect(200)).body).toEqual(expected.toReversed());
    expect((await archive.http.get(`${path}?time=${ts}.000002`).expect(200)).body).toEqual(expected.slice(2, 4));
    expect((await archive.http.get(`${path}?limit=2&offset=1`).expect(200)).body).toEqual(expected.slice(1, 3));
    const csv = (await archive.http.get(`${path}?format=csv`).expect(200)).text.trim().split('\n');
    expect(csv).toHaveLength(6);
    const ndjson = (await archive.http.get(`${path}?format=ndjson`).expect(200)).text.trim().split('\n');
    expect(ndjson.map((line) => JSON.parse(line) as unknown)).toEqual(expected);
  });

  test('the newest point, the times of the first and the last, and whether there are points', async () => {
    const [stream, empty] = [await newStream(archive), await newStream(archive, { raw: false })];
    const minute = seconds(60);
    const noon = Date.UTC(2024, 4, 1, 12) * 1000;
    // The segment that begins last does not end last.
    await write(archive, [{ stream, row: 0, points: [[noon, 1], [noon + 50 * minute, 2], [noon + 50 * minute, 3]] }]); // prettier-ignore
    await write(archive, [{ stream, row: 3, points: [[noon + 10 * minute, 4], [noon + 20 * minute, 5]] }]); // prettier-ignore
    await write(archive, [{ stream: empty, points: [[noon, 1]] }]);
    const store = archive.app.get(PointStore);
    const db = archive.app.get(Database);
    const { id } = await seriesOf(archive, stream);
    expect(await store.extent(db, id)).toEqual({ first: noon, last: noon + 50 * minute });
    const extent = { id, dataType: 'float', isStream: true, first: noon, last: noon + 50 * minute } as const;
    const newest = (await store.newest([extent], true)).get(id);
    expect(newest).toMatchObject({ micros: noon + 50 * minute, value: 3, row: 2 });
    for (const [begin, found] of [
      [noon + 30 * minute, true],
      [noon + 50 * minute + 1, false],
    ] as const)
      // prettier-ignore
      expect(await store.existSince(db, [{ series: id, begin }])).toEqual([found]);
    const has = async (from: number, to: number): Promise<boolean> => {
      const text = `SELECT ${store.hasPoint(String(id), ['$1::timestamptz'], ['$2::timestamptz'])} AS has`;
      const rows = await archive.query<{ has: boolean }>(text, [timestampOf(from), timestampOf(to)]);
      return rows[0]!.has;
    };
    expect(await has(noon + 11 * minute, noon + 19 * minute)).toBe(false);
    expect(await has(noon + 11 * minute, noon + 20 * minute)).toBe(true);
    expect(await has(noon + 21 * minute, noon + 50 * minute)).toBe(true);
    expect(await has(noon + 50 * minute + 1, noon + 60 * minute)).toBe(false);
    expect((await archive.http.get(`${ARCHIVE}${empty.key}/metric/base`).expect(200)).body).toEqual([]);
  });
});

describe('packing', () => {
  test('joins small segments of one hour, once they are an hour old', async () => {
    const [old, young] = [await newStream(archive), await newStream(archive, { dataType: 'json' })];
    const noon = Date.UTC(2024, 4, 1, 12) * 1000;
    const points = pointsFrom(noon, 80, seconds(100)).reverse();
    const now = Math.ceil((Date.now() * 1000) / seconds(3600)) * seconds(3600);
    for (const [row, point] of points.entries()) {
      await write(archive, [{ stream: old, row, points: [point] }]);
      await write(archive, [{ stream: young, row, points: [[now + row, `"${row}"`]] }]);
    }
    const [before, beforeYoung] = [await stored(old), await stored(young)];
    await archive.app.get(PackingService).run();
    expect(await segments(old)).toEqual([
      [noon, 44, 36],
      [noon + seconds(3600), 8, 36],
      [noon + seconds(7200), 0, 8],
    ]);
    expect(await segments(young)).toHaveLength(80);
    expect(await packAll(archive)).toBe(0);
    expect(await segments(young)).toEqual([[now, 0, 80]]);
    expect([await stored(old), await stored(young)]).toEqual([before, beforeYoung]);
    const written = await archive.query('SELECT xmin::text FROM segment ORDER BY 1');
    await packAll(archive);
    expect(await archive.query('SELECT xmin::text FROM segment ORDER BY 1')).toEqual(written);
  });

  test('while a stream is read, each point is read once', async () => {
    for (const descending of [false, true])
      for (const limit of [12, Infinity]) {
        const stream = await newStream(archive);
        const { id } = await seriesOf(archive, stream);
        for (let row = 0; row < 60; row++)
          await write(archive, [{ stream, row, points: [[TEST_START + (row % 7), row]] }]);
        const range = { series: id, dataType: 'float', isStream: true, begin: 0, end: 2e15, descending } as const;
        const rows: (number | undefined)[] = [];
        for await (const slice of archive.app.get(PointStore).source(range).slices(limit, 0)) {
          for (const { row } of slice) rows.push(row);
          await packAll(archive);
        }
        const expected = Array.from({ length: 60 }, (_, row) => row).sort((a, b) => (a % 7) - (b % 7) || a - b);
        expect(rows).toEqual((descending ? expected.toReversed() : expected).slice(0, limit));
      }
  });
});

describe('verify', () => {
  async function faultsOf(stream: TestStream): Promise<string[]> {
    const { id } = await seriesOf(archive, stream);
    return (await archive.app.get(SegmentCheck).check(id)).map(({ what }) => what);
  }

  /** A stream with ten segments of three rows each, which overlap. */
  async function someStream(): Promise<TestStream & { readonly id: number }> {
    const stream = await newStream(archive);
    for (let row = 0; row < 30; row += 3)
      await write(archive, [{ stream, row, points: pointsFrom(TEST_START + row, 3, 10) }]);
    expect(await faultsOf(stream)).toEqual([]);
    return { ...stream, ...(await seriesOf(archive, stream)) };
  }

  /** A statement that replaces the last segment of a stream. */
  function replaced(micros: number[], rows: number[] | undefined): string {
    const data = encodeNumbers({ micros, rows, values: micros }, 0, micros.length).toString('hex');
    return `UPDATE segment SET data = '\\x${data}' WHERE series = $1 AND row = 27`;
  }

  test.each([
    [
      'the column row',
      'UPDATE segment SET row = 26 WHERE series = $1 AND row = 27',
      'its column "row" is not what its data say',
    ],
    [
      'row numbers that are not taken',
      "UPDATE session_stream SET received = '{[0,29)}' WHERE series = $1",
      'it has row numbers that the stream has not taken',
    ],
    [
      'a row that is there twice',
      `INSERT INTO segment SELECT series, first + interval '1 us', row, last, points, longest_gap, codec, data
       FROM segment WHERE series = $1 AND row = 27`,
      'it has a row number that is there already',
    ],
    ['two hours', replaced([TEST_START, TEST_START + seconds(3600)], [27, 28]), 'it reaches into another hour'],
    ['rows in no order', replaced([TEST_START, TEST_START], [28, 27]), 'its times and row numbers do not ascend'],
    ['points without rows', replaced([TEST_START], undefined), 'it lacks row numbers'],
  ])('finds %s', async (_, statement, fault) => {
    const stream = await someStream();
    await archive.query(statement, [stream.id]);
    expect(await faultsOf(stream)).toContain(fault);
  });
});

test('retention cuts every segment that a cut-off divides', async () => {
  const stream = await newStream(archive);
  const { id } = await seriesOf(archive, stream);
  const begin = Date.UTC(2020, 0, 1, 12) * 1000;
  // Segments of ten points a second apart, each of which begins a second after the one before.
  for (let row = 0; row < 60; row += 10)
    await write(archive, [{ stream, row, points: pointsFrom(begin + (row / 10) * seconds(1), 10, seconds(1)) }]);
  const cutOff = begin + seconds(9) + 1;
  const kept = (await stored(stream)).filter((point) => (point as number[])[0]! >= cutOff);
  expect(kept).toHaveLength(15);
  await archive.query('UPDATE series SET base_cut_off = $2 WHERE id = $1', [id, timestampOf(cutOff)]);
  const sweep = archive.app.get(ChunkSweep);
  for (const due of await sweep.due([], 'recorded')) {
    const expired = await sweep.count(due, [], 'recorded');
    if (due.table.table === 'segment' && expired.length > 0)
      expect(expired).toContainEqual({ series: id, policy: null, rows: 45 });
    await sweep.clean(due, [], expired);
  }
  expect(await stored(stream)).toEqual(kept);
  expect(await archive.app.get(SegmentCheck).check(id)).toEqual([]);
});
