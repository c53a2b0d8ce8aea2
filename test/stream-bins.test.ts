import { afterAll, beforeAll, expect, test } from 'vitest';
import { RollupCheck } from '../src/storage/rollups/rollup-check.js';
import { startArchive, type TestArchive } from './support/archive.js';
import { newStream, TEST_START, type TestStream, write } from './support/streams.js';

let archive: TestArchive;
/** The series of a stream with bins of a few points. */
let small: number;
beforeAll(async () => {
  archive = await startArchive();
  const { key } = await newBins('float', ['distribution'], { count: 10 });
  const [row] = await archive.query<{ id: number }>('SELECT series AS id FROM session_stream WHERE id = $1', [key]);
  small = row!.id;
});
afterAll(() => archive.close());

/** A stream with bins of seconds, which keeps no points unless it is raw. */
async function newBins(
  dataType: 'float' | 'string',
  kinds: readonly string[],
  { count = 3000, raw = false } = {},
): Promise<TestStream> {
  const summaries = kinds.map((kind): [string, number] => [kind, 1]);
  const stream = await newStream(archive, { raw, dataType, summaries });
  const points = Array.from({ length: count }, (_, index): [number, number | string] => [
    TEST_START + index * 1000,
    dataType === 'float' ? (index % 700) / 10 : JSON.stringify(`code ${index % 3}`),
  ]);
  await write(archive, [{ stream, points }]);
  return stream;
}

/** What `verify` finds. */
async function differences({ key }: TestStream, repair = false): Promise<unknown[]> {
  const check = archive.app.get(RollupCheck);
  const windows = (await check.windows()).filter(({ metadataKey }) => metadataKey === key);
  return (await Promise.all(windows.map((window) => check.check(window, repair)))).flat();
}

/** Changes columns of the bin of the second second. */
async function damage({ key }: TestStream, change: string): Promise<void> {
  await archive.query(
    `UPDATE rollup SET ${change.replace('OTHER', `(SELECT distribution FROM rollup WHERE series = ${small})`)}
     WHERE bin = timestamptz 'epoch' + $2 * interval '1 microsecond'
       AND series = (SELECT series FROM session_stream WHERE id = $1)`,
    [key, MICROS],
  );
}

const MICROS = TEST_START + 1_000_000;

const SHORT = 'a bin of a summary is damaged: its bytes end too early';

test.each([
  ['sum = sum + 0.001', 'sum'],
  ['count = count + 1', 'count'],
  ['sum_of_squares = sum_of_squares - 1', 'sum_of_squares'],
  ['max = max + 1', 'extremes'],
  [`histogram = histogram || '{"+1": 7}'`, 'histogram'],
  ['quantiles[3] = quantiles[3] + 0.1', 'quantiles'],
  ['distribution = OTHER', 'distribution'],
  // Without its values, the count and the sketch are what is left to go by.
  ['samples = NULL, distribution = OTHER', 'distribution'],
  ['samples = NULL, count = count + 1', 'histogram'],
  ['samples = NULL, quantiles[3] = quantiles[3] * 1.5', 'quantiles'],
  ['samples = substring(samples FOR length(samples) - 1)', SHORT],
  ['distribution = substring(distribution FOR length(distribution) - 1)', SHORT],
])(
  'a bin whose points are not kept: what contradicts the rest of it (%s) is found, and stays',
  async (change, what) => {
    const stream = await newBins('float', ['quantiles', 'distribution', 'statistics']);
    expect(await differences(stream)).toEqual([]);
    await damage(stream, change);
    const found = [{ micros: MICROS, what, isLost: true }];
    expect(await differences(stream)).toEqual(found);
    expect(await differences(stream, true)).toEqual(found);
    expect(await differences(stream)).toEqual(found);
  },
);

test.each(['samples', 'distribution'])('%s that can not be decoded are put right from the points', async (column) => {
  const stream = await newBins('float', ['quantiles', 'distribution'], { raw: true });
  await damage(stream, `${column} = substring(${column} FOR length(${column}) - 1)`);
  const found = [{ micros: MICROS, what: SHORT }];
  expect(await differences(stream)).toEqual(found);
  expect(await differences(stream, true)).toEqual(found);
  expect(await differences(stream)).toEqual([]);
});

test('a distribution that can not be decoded is an error for readers of its time, and for nobody else', async () => {
  const stream = await newBins('float', ['quantiles', 'distribution']);
  await damage(stream, 'distribution = substring(distribution FOR length(distribution) - 1)');
  const read = (summary: string) =>
    archive.http.get(`/api/v1/sessions/${stream.session}/streams/${stream.key}/${summary}`);
  for (const summary of ['distributions/1', 'distributions/all', 'quantiles/all'])
    expect((await read(summary).expect(500)).body).toMatchObject({ code: 'internal-error' });
  expect((await read('quantiles/1').expect(200)).body).toHaveLength(3);
  expect((await read(`distributions/1?from=${MICROS + 1_000_000}`).expect(200)).body).toHaveLength(1);
  await archive.http.get('/health/ready').expect(200);
  // A late point would have to be merged with it.
  const late = { stream, row: 3000, points: [[MICROS, 1]] as const };
  await expect(write(archive, [late])).rejects.toThrow(SHORT);
  await write(archive, [{ ...late, points: [[MICROS + 1_000_000, 1]] }]);
});

test('a count that is not that of the categories is found', async () => {
  const stream = await newBins('string', ['categories']);
  expect(await differences(stream)).toEqual([]);
  await damage(stream, 'count = count - 1');
  expect(await differences(stream)).toMatchObject([{ what: 'histogram', isLost: true }]);
});

test('a bin without points is removed by a repair', async () => {
  const stream = await newBins('float', ['average']);
  await damage(stream, 'count = 0');
  expect(await differences(stream, true)).toEqual([{ micros: MICROS, what: 'without points' }]);
  expect(await differences(stream)).toEqual([]);
});
