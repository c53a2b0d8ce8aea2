import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RESPONSE_TIMES } from '../../../test/support/response-times.js';
import { type DataSession, dataSession, LocalStorageBackend, runSession } from '../../src/session/index.js';
import { pythonFloat } from '../../src/session/local/python-text.js';

/** The whole second before the first point of the vectors. */
const START = 1_574_164_720_000_000;
const FIRST =
  '0\t29917.0\t29948.2\t29995.0\t30164.0\t30421.25\t30489.8\t30558.35\t30626.9\t30695.45\t30736.58\t30750.29\t30764.0\t30252.25\t378.92600421014475\t121009.0\t4';
const SECOND =
  '1\t30081.0\t30158.0\t30273.5\t30466.0\t30728.0\t30780.4\t30832.8\t30885.2\t30937.6\t30969.04\t30979.52\t30990.0\t30512.333333333332\t456.26783070180755\t91537.0\t3';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'marigram-local-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

/** Runs a session that is written into files; its id is given. */
async function written(id: string, run: (ds: DataSession) => unknown, testStart = START): Promise<void> {
  const report = await runSession({ name: 'A test', ammo: 3 }, { id, testStart }, async (ds) => {
    ds.subscribe(new LocalStorageBackend({ dir }));
    await run(ds);
  });
  expect(report.backends).toMatchObject([{ name: 'LocalStorageBackend', status: 'complete' }]);
}

const read = (id: string, file: string): string => readFileSync(join(dir, id, file), 'utf8');
/** The lines behind the first. */
const rows = (id: string, file: string): string[] => read(id, `${file}.data`).split('\n').slice(1, -1);

describe('the files', () => {
  test('are those of netort: points, and the aggregates of each second, to the last digit', async () => {
    await written('plain', async (ds) => {
      const metric = ds.newMetric({ name: 'latency' }, { id: 'm', aggregate: true, case: 'GET /cart' });
      await metric.put(RESPONSE_TIMES);
      const codes = ds.newEvents({ name: 'codes' }, { id: 'e', raw: false, aggregate: true, parent: metric });
      await codes.put(RESPONSE_TIMES.map(([ts]) => [ts, '200'] as const));
      await metric.update({ unit: 'µs' });
    });
    expect(readdirSync(join(dir, 'plain')).sort()).toEqual([
      'aggregates_m.data',
      'distributions_m.data',
      'histograms_e.data',
      'meta.json',
      'metrics_m.data',
    ]);
    expect(rows('plain', 'metrics_m').slice(0, 2)).toEqual(['249248\t30021.0', '450572\t30764.0']);
    expect(rows('plain', 'aggregates_m')).toEqual([FIRST, SECOND]);
    expect(rows('plain', 'distributions_m')).toEqual([
      '0\t29000\t30000\t1',
      '0\t30000\t31000\t3',
      '1\t30000\t31000\t3',
    ]);
    expect(rows('plain', 'histograms_e')).toEqual(['0\t200\t4', '1\t200\t3']);
    expect(JSON.parse(read('plain', 'aggregates_m.data').split('\n')[0]!)).toMatchObject({
      type: 'TypeQuantiles',
      names: 'ts q0 q10 q25 q50 q75 q80 q85 q90 q95 q98 q99 q100 average stddev sum cnt'.split(' '),
      dtypes: { ts: 'int64', q0: 'float64', stddev: 'float64', cnt: 'int64' },
    });
    const meta = read('plain', 'meta.json');
    expect(meta).toMatch(/^\{\n {4}"job_meta": \{\n {8}"ammo": 3,\n {8}"name": "A test",\n {8}"test_end"/);
    expect(JSON.parse(meta)).toMatchObject({
      job_meta: { name: 'A test', ammo: 3, test_start: START, test_end: RESPONSE_TIMES.at(-1)![0] },
      metrics: {
        metrics_m: {
          type: 'TypeTimeSeries',
          names: ['ts', 'value'],
          dtypes: { ts: 'int64', value: 'float64' },
          meta: { name: 'latency', unit: 'µs' },
          raw: true,
          case: 'GET /cart',
          parent: null,
        },
        histograms_e: { type: 'TypeHistogram', meta: { name: 'codes' }, raw: false, case: null, parent: 'm' },
      },
      status: 'closed',
    });
  });

  test('hold each second once and in order, though late points change some', async () => {
    await written('late', async (ds) => {
      const metric = ds.newMetric({}, { id: 'm', aggregate: true });
      await metric.put(RESPONSE_TIMES);
      await metric.put(START + 60_000_000, 1);
      await metric.put(1_574_164_720_999_999, 31_000);
      await metric.put(START - 1, 2);
    });
    const aggregates = rows('late', 'aggregates_m').map((line) => line.split('\t'));
    expect(aggregates.map(([ts, , , , q50]) => [ts, q50])).toEqual([
      ['-1', '2.0'],
      ['0', '30307.0'],
      ['1', '30466.0'],
      ['60', '1.0'],
    ]);
    expect(aggregates[1]!.slice(4)).toEqual(
      '30307.0\t30764.0\t30811.2\t30858.4\t30905.6\t30952.8\t30981.12\t30990.56\t31000.0\t30401.8\t468.5239588324166\t152009.0\t5'.split(
        '\t',
      ),
    );
    expect(aggregates[3]!.slice(-4)).toEqual(['1.0', '', '1.0', '1']);
    expect(rows('late', 'distributions_m').map((line) => line.split('\t')[0])).toEqual([
      '-1',
      '0',
      '0',
      '0',
      '1',
      '60',
    ]);
    expect(readdirSync(join(dir, 'late')).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  test('count seconds from the start of the session', async () => {
    await written(
      'start',
      (ds) => ds.newMetric({}, { id: 'm', aggregate: true }).put(RESPONSE_TIMES),
      RESPONSE_TIMES[0]![0],
    );
    const counts = rows('start', 'aggregates_m').map((line) => line.split('\t'));
    expect(counts.map((fields) => [fields[0], fields[4], fields.at(-1)])).toEqual([
      ['0', '30081.0', '5'],
      ['1', '30728.0', '2'],
    ]);
  });

  test('have missing edges as empty fields, and fields with tabs quoted', async () => {
    await written('texts', async (ds) => {
      await ds.newMetric({}, { id: 'm', raw: false, aggregate: true }).put([
        [START, -1],
        [START, 300_000_001],
      ]);
      const events = ds.newEvents({}, { id: 'e', aggregate: true });
      await events.put(['a\tb', 'say "hi"', 'plain', '', 'ünï'].map((text) => [START, text] as const));
    });
    expect(rows('texts', 'distributions_m')).toEqual(['0\t\t0\t1', '0\t300000000\t\t1']);
    expect(rows('texts', 'events_e')).toEqual(['0\t"a\tb"', '0\t"say ""hi"""', '0\tplain', '0\t', '0\tünï']);
    expect(rows('texts', 'histograms_e')).toEqual([
      '0\t\t1',
      '0\t"a\tb"\t1',
      '0\tplain\t1',
      '0\t"say ""hi"""\t1',
      '0\tünï\t1',
    ]);
  });

  test('are there as far as they go while the session lasts, and say how it ended', async () => {
    const ds = (await dataSession({}, { id: 'open', testStart: START })).subscribe(new LocalStorageBackend({ dir }));
    await ds.newMetric({}, { id: 'm' }).put(RESPONSE_TIMES);
    expect(JSON.parse(read('open', 'meta.json'))).toMatchObject({ status: 'open', metrics: { metrics_m: {} } });
    expect(rows('open', 'metrics_m')).toHaveLength(7);
    await ds.interrupt();
    expect(JSON.parse(read('open', 'meta.json'))).toMatchObject({ status: 'interrupted' });
  });

  test('of another session are never written over', async () => {
    const ds = (await dataSession({}, { id: 'plain' })).subscribe(new LocalStorageBackend({ dir }));
    const before = read('plain', 'meta.json');
    const { backends } = await ds.close();
    expect(backends[0]).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('EEXIST') } });
    expect(read('plain', 'meta.json')).toBe(before);
  });
});

test('a second is handed out ten seconds later, and again when it changes', async () => {
  const handed: [string, number, number][] = [];
  const ds = await dataSession({}, { testStart: START, time: 'relative' });
  ds.subscribe((table, _stream, data) => {
    if ('revision' in data) handed.push([table, (data.ts - START) / 1e6, data.revision]);
  });
  const metric = ds.newMetric({}, { raw: false, aggregate: true });
  await metric.put(500_000, 1);
  await metric.put(10_999_999, 1);
  expect(handed).toEqual([]);
  await metric.put(11_000_000, 1);
  expect(handed.splice(0)).toEqual([
    ['aggregates', 0, 1],
    ['distributions', 0, 1],
  ]);
  await metric.put(0, 1);
  expect(handed.splice(0)).toEqual([
    ['aggregates', 0, 2],
    ['distributions', 0, 2],
  ]);
  await ds.close();
  expect(handed.filter(([table]) => table === 'aggregates')).toEqual([
    ['aggregates', 10, 1],
    ['aggregates', 11, 1],
  ]);
});

test.each([
  [1e16, '1e+16'],
  [30252.25, '30252.25'],
  [29917, '29917.0'],
  [-0, '-0.0'],
  [9999999999999998, '9999999999999998.0'],
  [1.2345678901234567e19, '1.2345678901234567e+19'],
  [1e-4, '0.0001'],
  [1.5e-5, '1.5e-05'],
  [5e-324, '5e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [-1e22, '-1e+22'],
])('%d is written as Python writes it', (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});
