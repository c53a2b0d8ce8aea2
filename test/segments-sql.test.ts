import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAST_MICRO } from '../src/common/time.js';
import { microsOf, timestampOf } from '../src/postgres/timestamps.js';
import { Chunks } from '../src/storage/hypertables/chunks.js';
import {
  decodeDocuments,
  decodeNumbers,
  DOCUMENTS_CODEC,
  encodeDocuments,
  encodeNumbers,
  MAX_SEGMENT_POINTS,
  numberAt,
  NUMBERS_CODEC,
} from '../src/storage/points/segment-codec.js';
import { startArchive, type TestArchive } from './support/archive.js';
import { putPoints, register } from './support/builders.js';

const MAY_2024 = 1_714_557_600_000_000;
const FIRST_MICRO = -62_135_596_800_000_000;

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

interface SqlPoint {
  micros: number;
  /** Eight bytes. */
  value: Buffer | null;
  denominator: Buffer | null;
  document: string | null;
  row: number | null;
}

/** What PostgreSQL unpacks. */
function unpacked(data: Buffer, codec: number): Promise<SqlPoint[]> {
  return archive.query<SqlPoint>(
    `SELECT ${microsOf('ts')} AS micros, float8send(value) AS value, float8send(denominator) AS denominator,
            document::text AS document, row
     FROM unpack_segment($1, $2::smallint)`,
    [data, codec],
  );
}

function bytesOf(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** What JavaScript decodes. */
function decoded(data: Buffer, codec: number): SqlPoint[] {
  if (codec === DOCUMENTS_CODEC) {
    const { micros, rows, documents } = decodeDocuments(data);
    return documents.map((document, index) => ({
      micros: micros[index]!,
      value: null,
      denominator: null,
      document,
      row: rows?.[index] ?? null,
    }));
  }
  const { micros, rows, values, denominators } = decodeNumbers(data);
  return Array.from(micros, (time, index) => ({
    micros: time,
    value: bytesOf(numberAt(values, index)),
    denominator: denominators ? bytesOf(numberAt(denominators, index)) : null,
    document: null,
    row: rows?.[index] ?? null,
  }));
}

/** `count` times, a minute apart, but for every seventh. */
function minutes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => MAY_2024 + index * 60_000_000 + (index % 7 === 3 ? 1 : 0));
}

/** Every power of two, with some bits below it, and what else doubles can be. */
const DOUBLES = [
  ...Array.from({ length: 2098 }, (_, index) => 2 ** (index - 1074) * (1 + (index % 3) / 4 + Number.EPSILON)),
  ...[
    0,
    5e-324,
    1.5e-323,
    2 ** -1022 - 5e-324,
    2 ** -1022,
    1e-310,
    0.1 + 0.2,
    1 / 3,
    1e308,
    Number.MAX_VALUE,
    Infinity,
  ],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 63, NaN],
].flatMap((value) => [value, -value]);

const times: Record<string, number[]> = {
  'one time': [MAY_2024],
  'equal steps': Array.from({ length: 300 }, (_, index) => MAY_2024 + index * 60_000_000),
  irregular: minutes(100),
  'a micro apart': [-1, 0, 1, 2, 4, 5],
  'years 1 to 9999': [FIRST_MICRO, FIRST_MICRO + 64, -1, 0, MAY_2024, LAST_MICRO - 64, LAST_MICRO],
  'up to 2255': [2 ** 53 - 3, 2 ** 53 - 1],
  'from 2255': [2 ** 53, 2 ** 53 + 2, 2 ** 53 + 4],
  'one time only': Array.from({ length: 60 }, () => MAY_2024),
  'several points at a time': Array.from({ length: 300 }, (_, index) => MAY_2024 + Math.floor(index / 3)),
  'several points at a far time': [FIRST_MICRO, FIRST_MICRO, 0, LAST_MICRO, LAST_MICRO],
};

describe('unpack_segment returns what the decoder of the server returns', () => {
  test.each(Object.entries(times))('%s', async (_, micros) => {
    const data = encodeNumbers({ micros, values: micros.map((_, index) => index / 8) }, 0, micros.length);
    expect(await unpacked(data, NUMBERS_CODEC)).toEqual(decoded(data, NUMBERS_CODEC));
  });

  test('doubles of any bits', async () => {
    const micros = minutes(DOUBLES.length);
    const data = encodeNumbers({ micros, values: DOUBLES, denominators: [...DOUBLES].reverse() }, 0, micros.length);
    expect(await unpacked(data, NUMBERS_CODEC)).toEqual(decoded(data, NUMBERS_CODEC));
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('%d decimals', async (scale) => {
    const values = minutes(500).map((_, index) => Math.floor(Math.sin(index) * 10 ** (index % 16)) / 10 ** scale);
    const denominators = values.map((_, index) => (index < 250 ? 100 : 1e15));
    const data = encodeNumbers({ micros: minutes(500), values, denominators }, 0, 500);
    expect(decodeNumbers(data).values.scale).toBe(scale);
    expect(await unpacked(data, NUMBERS_CODEC)).toEqual(decoded(data, NUMBERS_CODEC));
  });

  test('as many points as there may be', async () => {
    const micros = minutes(MAX_SEGMENT_POINTS);
    const values = micros.map((_, index) => Math.round(40_000 + 5000 * Math.sin(index)) / 1000);
    const data = encodeNumbers({ micros, values }, 0, micros.length);
    expect(await unpacked(data, NUMBERS_CODEC)).toEqual(decoded(data, NUMBERS_CODEC));
  });

  test('documents', async () => {
    const documents = minutes(300).map((_, index) => `{ "ключ ${index % 5}": ${index}.0, "🙂":1e2}`);
    documents.push('null', '"値"', '[]');
    const micros = minutes(documents.length);
    const data = encodeDocuments({ micros, documents }, 0, micros.length);
    expect(await unpacked(data, DOCUMENTS_CODEC)).toEqual(decoded(data, DOCUMENTS_CODEC));
  });

  test.each([
    ['in the order of time', (index: number) => 1000 + index],
    ['in any order', (index: number) => (index * 7919) % 10_000],
    ['at the ends of what there is', (index: number) => (index % 2) * (2 ** 31 - 1)],
  ])('row numbers %s', async (_, rowOf) => {
    const micros = minutes(500).map((time, index) => (index % 3 === 0 ? time : MAY_2024 + 60_000_000 * index));
    const rows = micros.map((_, index) => rowOf(index));
    const numbers = encodeNumbers({ micros, rows, values: rows, denominators: micros }, 0, micros.length);
    expect(await unpacked(numbers, NUMBERS_CODEC)).toEqual(decoded(numbers, NUMBERS_CODEC));
    const documents = encodeDocuments({ micros, rows, documents: rows.map((row) => `"ü${row}"`) }, 0, micros.length);
    expect(await unpacked(documents, DOCUMENTS_CODEC)).toEqual(decoded(documents, DOCUMENTS_CODEC));
  });

  test.each([1, 2])('cut bytes of codec %d are an error', async (codec) => {
    const data =
      codec === NUMBERS_CODEC
        ? encodeNumbers({ micros: minutes(5), values: [0.5, NaN, 3, 4, 5] }, 0, 5)
        : encodeDocuments({ micros: minutes(2), documents: ['1', '2'] }, 0, 2);
    for (let length = 0; length < data.length - 1; length++)
      await expect(unpacked(data.subarray(0, length), codec), `${length} bytes`).rejects.toThrow();
  });

  test('an unknown codec is an error', async () => {
    await expect(unpacked(Buffer.alloc(20, 1), 3)).rejects.toThrow('segments of codec 3 are unknown');
  });
});

describe('segment_has_point', () => {
  /** The times between which to look: at points, a micro beside them, between them, and endless. */
  function boundsFor(micros: readonly number[]): number[] {
    const some = micros.length > 10 ? [0, 1, 2, 3, 4, 50, micros.length - 2, micros.length - 1] : [...micros.keys()];
    const near = some.flatMap((index) => {
      const time = micros[index]!;
      // From 2255 on doubles lie up to 32 micros apart.
      const little = Math.abs(time) < 2 ** 53 ? 1 : 32;
      return [time - little, time, time + little, (time + (micros[index + 1] ?? time)) / 2];
    });
    return [-Infinity, ...near.map((time) => Math.round(time)), Infinity];
  }

  test.each(Object.entries(times))('tells whether a point lies within bounds: %s', async (_, micros) => {
    const data = encodeNumbers({ micros, values: micros.map(() => 1) }, 0, micros.length);
    const bounds = boundsFor(micros);
    const pairs = bounds.flatMap((begin) => bounds.map((end): [number, number] => [begin, end]));
    const rows = await archive.query<{ has: boolean }>(
      `SELECT segment_has_point($1, b, e) AS has
       FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS u (b, e, n) ORDER BY n`,
      [data, pairs.map(([begin]) => timestampOf(begin)), pairs.map(([, end]) => timestampOf(end))],
    );
    const found = pairs.map(([begin, end], index) => [begin, end, rows[index]?.has]);
    expect(found).toEqual(pairs.map(([begin, end]) => [begin, end, micros.some((t) => t >= begin && t <= end)]));
  });

  test('bounds at the ends of what PostgreSQL knows', async () => {
    const data = encodeNumbers({ micros: [FIRST_MICRO, LAST_MICRO], values: [1, 2] }, 0, 2);
    const [row] = await archive.query(
      `SELECT segment_has_point($1, '4714-11-24 BC', '294276-12-31') AS all,
              segment_has_point($1, '4714-11-24 BC', '0001-12-31 BC') AS before,
              segment_has_point($1, '10000-01-01', '294276-12-31') AS after`,
      [data],
    );
    expect(row).toEqual({ all: true, before: false, after: false });
  });

  test('documents have times, too', async () => {
    const data = encodeDocuments({ micros: [0, 5], documents: ['1', '2'] }, 0, 2);
    const text = `SELECT segment_has_point($1, $2::timestamptz, $2::timestamptz) AS has`;
    expect(await archive.query(text, [data, timestampOf(5)])).toEqual([{ has: true }]);
    expect(await archive.query(text, [data, timestampOf(4)])).toEqual([{ has: false }]);
  });
});

test('the view has loose and packed points of all kinds; PostgreSQL compresses documents', async () => {
  const uri = await register(archive, 'throughput');
  await putPoints(archive, uri, 'throughput', [{ ts: MAY_2024 / 1e6, val: 7 }]).expect(201);
  const [loose] = await archive.query<{ series: number }>('SELECT series FROM point');
  const series = loose!.series;

  const micros = minutes(1000).map((time) => time + 1_000_000);
  const documents = micros.map(() => JSON.stringify({ '1.5': 10, '2.5': 20 }));
  const segments: [number, number, Buffer][] = [
    [series, NUMBERS_CODEC, encodeNumbers({ micros, values: micros.map(() => 0.5) }, 0, 1000)],
    [series + 1, NUMBERS_CODEC, encodeNumbers({ micros, values: [...micros.keys()], denominators: micros }, 0, 1000)],
    [series + 2, DOCUMENTS_CODEC, encodeDocuments({ micros, documents }, 0, 1000)],
  ];
  await archive.app.get(Chunks).cover('points', micros);
  for (const [id, codec, data] of segments)
    await archive.query(
      `INSERT INTO segment (series, first, last, points, longest_gap, codec, data)
       VALUES ($1, $2, $3, 1000, 60000001, $4, $5)`,
      [id, timestampOf(micros[0]!), timestampOf(micros[999]!), codec, data],
    );

  const rows = await archive.query(
    `SELECT series, count(*)::int, min(value) AS least, max(denominator) AS most, max(document::text) AS document
     FROM points GROUP BY series ORDER BY series`,
  );
  expect(rows).toEqual([
    { series, count: 1001, least: 0.5, most: null, document: null },
    { series: series + 1, count: 1000, least: 0, most: micros[999], document: null },
    { series: series + 2, count: 1000, least: null, most: null, document: documents[0] },
  ]);
  const first = `SELECT ${microsOf('ts')} AS micros, value FROM points WHERE series = $1 ORDER BY ts LIMIT 2`;
  expect(await archive.query(first, [series])).toEqual([
    { micros: MAY_2024, value: 7 },
    { micros: micros[0], value: 0.5 },
  ]);
  const [size] = await archive.query<{ stored: number }>(
    'SELECT pg_column_size(data) AS stored FROM segment WHERE codec = 2',
  );
  expect(size!.stored).toBeLessThan(segments[2]![2].length / 5);
});
