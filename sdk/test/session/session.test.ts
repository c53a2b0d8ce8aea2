import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Backend,
  type BackendReport,
  type DataSession,
  dataSession,
  type Handed,
  nowMicros,
  runSession,
  type StreamInfo,
} from '../../src/session/index.js';

const START = 1_574_164_720_249_248;

/** What a backend was told, in its order; data as plain rows of row number, time and value. */
class Recorder implements Backend {
  readonly name: string = 'recorder';
  readonly takes: Backend['takes'] = 'tables';
  readonly calls: unknown[][] = [];

  open(session: { id: string }): void {
    this.calls.push(['open', session.id]);
  }
  registerStream({ id }: StreamInfo): void {
    this.calls.push(['stream', id]);
  }
  put(...[table, { id }, data]: Handed): void {
    if ('row' in data)
      this.calls.push([table, id, ...Array.from(data.ts, (time, i) => [data.row + i, time, data.value[i]])]);
  }
  updateJob(meta: object): void {
    this.calls.push(['job', meta]);
  }
  updateStream({ id }: StreamInfo, meta: object): void {
    this.calls.push(['meta', id, meta]);
  }
  close(testEnd: number): BackendReport | undefined {
    this.calls.push(['close', testEnd]);
    return undefined;
  }
  interrupt(testEnd: number): undefined {
    this.calls.push(['interrupt', testEnd]);
  }
}

const warnings: string[] = [];
const onWarning = (warning: Error): unknown => warnings.push(warning.message);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', onWarning);
});
afterEach(() => {
  process.off('warning', onWarning);
});
/** Warnings are emitted in the next turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function recorded(options: Parameters<typeof dataSession>[1] = {}): Promise<[DataSession, Recorder]> {
  const recorder = new Recorder();
  const ds = await dataSession({ name: 'A test' }, { id: 's', testStart: START, ...options });
  return [ds.subscribe(recorder), recorder];
}

describe('put', () => {
  test('takes columns, rows and single points, and gives each the next row number of its stream', async () => {
    const [ds, { calls }] = await recorded({ time: 'relative' });
    const metric = ds.newMetric({ name: 'Voltage' }, { id: 'm' });
    const codes = ds.newEvents({}, { id: 'e' });
    await metric.put({ ts: Float64Array.of(0, 100), value: Float32Array.of(1, 2.5) });
    await metric.put({ ts: BigInt64Array.of(-5n), value: [3] });
    void metric.put([
      [7, 4],
      [7, 5],
    ]);
    void metric.put(8, 6);
    await codes.put(13_000, '200');
    await ds.close();
    expect(calls).toEqual([
      ['open', 's'],
      ['stream', 'm'],
      ['stream', 'e'],
      ['metrics', 'm', [0, START, 1], [1, START + 100, 2.5]],
      ['metrics', 'm', [2, START - 5, 3]],
      ['metrics', 'm', [3, START + 7, 4], [4, START + 7, 5], [5, START + 8, 6]],
      ['events', 'e', [0, START + 13_000, '200']],
      ['close', START + 13_000],
    ]);
  });

  test('copies: what the caller does with its arrays later has no effect', async () => {
    const [ds, { calls }] = await recorded();
    const ts = Float64Array.of(1, 2);
    const put = ds.newMetric({}, { id: 'm' }).put({ ts, value: [1, 2] });
    ts.fill(99);
    await put;
    expect(calls.at(-1)).toEqual(['metrics', 'm', [0, 1, 1], [1, 2, 2]]);
  });

  test.each([
    ['a fraction of a microsecond', { ts: [0, 1.5], value: [1, 2] }, 'ts 2: expected integer microseconds, got 1.5'],
    ['a text', { ts: ['12'], value: [1] }, 'ts 1: expected integer microseconds, got 12'],
    ['2⁵³', { ts: [2 ** 53], value: [1] }, 'ts 1: expected integer microseconds, got 9007199254740992'],
    ['2⁵³ as bigint', { ts: BigInt64Array.of(2n ** 53n), value: [1] }, 'ts 1: expected integer microseconds'],
    ['columns of unequal length', { ts: [0, 1, 2], value: [1, 2] }, 'ts has 3 elements, value 2'],
    ['NaN', { ts: [0, 1], value: [1, NaN] }, 'value 2: expected a finite number, got NaN'],
    ['infinity', { ts: [0], value: [Infinity] }, 'value 1: expected a finite number, got Infinity'],
    ['a text for a number', [[0, 'a']], 'value 1: expected a finite number, got a'],
    ['a row too long', [[0, 1, 2]], 'row 1: expected [ts, value]'],
    ['a hole', [[0, 1], undefined], 'row 2: expected [ts, value]'],
  ])('refuses %s, and takes nothing of that call', async (_what, points, message) => {
    const [ds, { calls }] = await recorded();
    const metric = ds.newMetric({}, { id: 'm' });
    void metric.put(1, 1);
    expect(() => metric.put(points as never)).toThrow(message);
    await metric.put(2, 2);
    expect(calls.at(-1)).toEqual(['metrics', 'm', [0, 1, 1], [1, 2, 2]]);
  });

  test.each([
    ['a number', 200, 'expected a text (codes are texts, too: "200"), got 200'],
    ['a NUL', 'a\0', 'value 1: has a NUL or half a character in it'],
    ['half a character', '\ud83d', 'value 1: has a NUL or half a character in it'],
    ['65,537 bytes', 'é'.repeat(32_769), 'value 1: at most 65536 bytes'],
  ])('refuses %s as an event', async (_what, value, message) => {
    const [ds] = await recorded();
    expect(() => ds.newEvents().put(0, value as string)).toThrow(message);
  });

  test('leaves points with NaN out where that is wished', async () => {
    const [ds, { calls }] = await recorded({ onNaN: 'skip' });
    const metric = ds.newMetric({}, { id: 'm' });
    await metric.put({ ts: [1, 2, 3], value: [1, NaN, 3] });
    expect(calls.at(-1)).toEqual(['metrics', 'm', [0, 1, 1], [1, 3, 3]]);
    expect(() => metric.put(4, Infinity)).toThrow('expected a finite number');
  });

  test('of a hundred thousand single points hands them out as columns', async () => {
    const [ds, recorder] = await recorded();
    let calls = 0;
    let sum = 0;
    ds.subscribe((table, _stream, data) => {
      calls++;
      if (table === 'metrics') for (const value of data.value) sum += value;
    });
    const metric = ds.newMetric({}, { id: 'm' });
    let last: Promise<void> | undefined;
    for (let i = 0; i < 100_000; i++) last = metric.put(i, i);
    await last;
    expect([calls, sum]).toEqual([1, 4_999_950_000]);
    expect(recorder.calls.at(-1)).toHaveLength(100_002);
  });
});

describe('a session', () => {
  test.each([
    [{ id: 'a/b' }, 'id: expected 1–128 characters'],
    [{ id: '..' }, 'id: expected 1–128 characters'],
    [{ id: 'x'.repeat(129) }, 'id: expected 1–128 characters'],
    [{ testStart: 1.5 }, 'testStart: expected integer microseconds, got 1.5'],
  ])('is refused with %o', async (options, message) => {
    await expect(dataSession({}, options)).rejects.toThrow(message);
  });

  test('is refused with a meta that an archive would not take', async () => {
    await expect(dataSession({ text: 'x'.repeat(65_536) })).rejects.toThrow('at most 65536 bytes');
    const deep = { a: { b: { c: { d: { e: { f: { g: { h: {} } } } } } } } };
    await expect(dataSession(deep)).rejects.toThrow('at most 8 levels, got 9');
    await expect(dataSession({ name: 7 as never })).rejects.toThrow('the name of the session: expected a text, got 7');
  });

  test('whose start looks like seconds is taken with a warning', async () => {
    await dataSession({}, { testStart: 1_574_164_720 });
    await turn();
    expect(warnings).toEqual(['testStart 1574164720 is 1970-01-01T00:26:14.164Z: it is counted in microseconds']);
  });

  test('has an id and a start of its own unless they are given', async () => {
    const before = nowMicros();
    const [a, b] = [await dataSession(), await dataSession()];
    expect(a.id).toMatch(/^job_[0-9a-f-]{36}$/);
    expect(a.id).not.toBe(b.id);
    expect(a.testStart).toBeGreaterThanOrEqual(before);
    expect(b.testStart).toBeLessThanOrEqual(nowMicros());
  });

  test.each([
    [{ raw: false }, 'raw, aggregate: at least one must be true, else nothing is kept'],
    [{ id: '' }, 'id: expected 1–128 characters'],
    [{ id: 'm' }, 'there is a stream m already'],
    [{ windows: [0] }, 'windows: expected whole seconds from 1 on, got 0'],
  ])('refuses a stream with %o', async (options, message) => {
    const [ds] = await recorded();
    ds.newMetric({}, { id: 'm' });
    expect(() => ds.newMetric({}, options)).toThrow(message);
  });

  test('refuses a parent of another session', async () => {
    const [ds] = await recorded();
    const other = (await dataSession()).newMetric();
    expect(() => ds.newEvents({}, { parent: other })).toThrow(`there is no stream ${other.id} in session s`);
  });

  test('tells backends what changes, and a late one what comes later', async () => {
    const [ds, { calls }] = await recorded();
    const metric = ds.newMetric({ name: 'Current', unit: 'A' }, { id: 'm', case: 'idle', aggregate: true });
    expect(metric.info).toMatchObject({ name: 'Current', case: 'idle', raw: true, aggregate: true, windows: [1] });
    await metric.put(START, 1);
    const late = new Recorder();
    ds.subscribe(late);
    await ds.updateJob({ ammo: 'v3', gone: null });
    await metric.update({ unit: 'mA' });
    await metric.put(START + 1, 2);
    await ds.close({ testEnd: START + 9 });
    const later = [
      ['job', { ammo: 'v3', gone: null }],
      ['meta', 'm', { unit: 'mA' }],
      ['metrics', 'm', [1, START + 1, 2]],
      ['close', START + 9],
    ];
    expect(late.calls).toEqual([['open', 's'], ['stream', 'm'], ...later]);
    expect(calls).toEqual([['open', 's'], ['stream', 'm'], ['metrics', 'm', [0, START, 1]], ...later]);
  });

  test('hands points of streams that keep none only to backends that take points', async () => {
    const [ds, { calls }] = await recorded();
    const points = Object.assign(new Recorder(), { takes: 'points' as const });
    ds.subscribe(points);
    await ds.newEvents({}, { id: 'e', raw: false, aggregate: true }).put(1, 'a');
    expect(points.calls.at(-1)).toEqual(['events', 'e', [0, 1, 'a']]);
    expect(calls).toEqual([
      ['open', 's'],
      ['stream', 'e'],
    ]);
  });

  test('is complete in one backend though another one always fails', async () => {
    const recorder = new Recorder();
    const broken: Backend = {
      name: 'broken',
      put: () => {
        throw new Error('no more room');
      },
    };
    const ds = (await dataSession({}, { id: 's' })).subscribe(broken, recorder, () => Promise.reject(new Error('no')));
    const metric = ds.newMetric({}, { id: 'm' });
    for (let i = 0; i < 3; i++) await metric.put(i, i);
    expect(await ds.close()).toEqual({
      session: 's',
      backends: [
        { name: 'broken', status: 'failed', rows: 0, pending: 0, refused: 0, error: new Error('no more room') },
        { name: 'recorder', status: 'complete', rows: 3, pending: 0, refused: 0 },
        { name: 'function', status: 'failed', rows: 0, pending: 0, refused: 0, error: new Error('no') },
      ],
    });
    expect(recorder.calls.filter(([what]) => what === 'metrics')).toHaveLength(3);
    expect(warnings).toEqual([
      'session s: broken failed and gets nothing more: no more room',
      'session s: function failed and gets nothing more: no',
    ]);
  });

  test('that has ended takes nothing more, and tells its report again', async () => {
    const [ds] = await recorded();
    const metric = ds.newMetric();
    const report = await ds.close();
    expect(await ds.close()).toBe(report);
    expect(await ds.interrupt()).toBe(report);
    for (const call of [() => metric.put(1, 1), () => ds.newMetric(), () => ds.subscribe()])
      expect(call).toThrow('session s has ended');
    await expect(metric.update({})).rejects.toThrow('session s has ended');
  });

  test('does not end before it starts', async () => {
    const [ds, { calls }] = await recorded();
    await expect(ds.close({ testEnd: START - 1 })).rejects.toThrow(
      'testEnd: expected integer microseconds, not before',
    );
    await ds.newMetric().put(START - 10, 1);
    await ds.close();
    expect(calls.at(-1)).toEqual(['close', START]);
  });

  test('that is interrupted drops what no backend has', async () => {
    const [ds, { calls }] = await recorded();
    const metric = ds.newMetric({}, { id: 'm' });
    await metric.put(START, 1);
    void metric.put(START + 1, 2);
    await ds.interrupt();
    expect(calls.slice(2)).toEqual([
      ['metrics', 'm', [0, START, 1]],
      ['interrupt', START],
    ]);
  });

  test('is closed when its block is left, with a warning of what is not complete', async () => {
    const recorder = new Recorder();
    recorder.close = () => ({ status: 'spooled', rows: 1, pending: 2, refused: 0 });
    {
      await using ds = await dataSession({}, { id: 's' });
      ds.subscribe(recorder);
    }
    await turn();
    expect(warnings).toEqual(['session s: recorder spooled (2 points wait)']);
    warnings.length = 0;
    {
      await using ds = await dataSession({}, { id: 's' });
      ds.subscribe(recorder);
      expect((await ds.close()).backends[0]).toMatchObject({ status: 'spooled', pending: 2 });
    }
    await turn();
    expect(warnings).toEqual([]);
  });

  test('of a test that throws is interrupted, and closed after one that does not', async () => {
    const recorder = new Recorder();
    const failing = runSession({}, { testStart: START }, (ds) => {
      void ds.subscribe(recorder).newMetric().put(START, 1);
      throw new Error('the target is down');
    });
    await expect(failing).rejects.toThrow('the target is down');
    expect(recorder.calls.map(([what]) => what)).toEqual(['open', 'stream', 'interrupt']);
    const report = await runSession({}, { testStart: START }, async (ds) => {
      await ds.subscribe(recorder).newMetric().put(START, 1);
    });
    expect(report.backends).toEqual([{ name: 'recorder', status: 'complete', rows: 1, pending: 0, refused: 0 }]);
  });
});
