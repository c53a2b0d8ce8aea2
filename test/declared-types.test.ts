import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { deleteFound } from '../src/cli/delete.command.js';
import { runImport } from '../src/cli/import.command.js';
import { planRetention } from '../src/cli/retention.command.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, postPoint, putPoints, readAll, register, type WirePoint } from './support/builders.js';
import { faultsIn, packAll } from './support/packed.js';
import { type Ending, MARIGRAM, Program } from './support/process.js';

const TYPES = '/api/v1/event-types';

let archive: TestArchive;
let other: TestArchive;
let admin: string;
let directory: string;
beforeAll(async () => {
  archive = await startArchive();
  other = await archive.another();
  admin = await archive.issueKey('admin');
  directory = mkdtempSync(join(tmpdir(), 'marigram-types-'));
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await other.close();
  await archive.close();
});

function declare(body: object | string, key = admin) {
  return archive.http.post(TYPES).set('authorization', key).set('content-type', 'application/json').send(body);
}

function remove(name: string) {
  return archive.http.delete(`${TYPES}/${name}`).set('authorization', admin);
}

function post(metadata: object, server = archive) {
  return server.http.post(ARCHIVE).set('authorization', archive.auth).send(metadata);
}

function marigram(...args: string[]): Promise<Ending> {
  return new Program([...MARIGRAM, ...args], { DATABASE_URL: archive.databaseUrl }).ended;
}

function fileOf(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function auditOf(target: string): Promise<string[]> {
  const rows = await archive.query<{ action: string }>('SELECT action FROM audit WHERE target = $1 ORDER BY id', [
    target,
  ]);
  return rows.map(({ action }) => action);
}

describe('a declaration', () => {
  test('is listed, and may be repeated; unit and description become those that are given', async () => {
    const wanted = { name: 'rack-temperature', 'data-type': 'float', unit: '°C', description: 'in the rack' };
    const { body, headers } = await declare(wanted).expect(201);
    expect(body).toEqual({ ...wanted, 'built-in': false });
    expect(headers.location).toMatch(/^http:\/\/[^/]+\/api\/v1\/event-types\/rack-temperature$/);
    await declare(wanted).expect(200, body);
    await declare({ name: 'rack-temperature', 'data-type': 'float' }).expect(200, body);
    const changed = { ...body, description: 'in the hall' };
    await declare({ name: 'rack-temperature', 'data-type': 'float', description: 'in the hall' }).expect(200, changed);
    await archive.http.get(`${TYPES}/rack-temperature`).expect(200, changed);
    expect(await auditOf('rack-temperature')).toEqual(['event type declared', 'declaration changed']);
  });

  test('is refused where it contradicts what is there', async () => {
    await declare({ name: 'rack-humidity', 'data-type': 'float' }).expect(201);
    const { body } = await declare({ name: 'rack-humidity', 'data-type': 'integer', unit: '%' }).expect(409);
    expect(body.detail).toContain('rack-humidity is declared as float');
    await declare({ name: 'throughput', 'data-type': 'integer' }).expect(409);
    await remove('throughput').expect(409);
    const { body: throughput } = await archive.http.get(`${TYPES}/throughput`).expect(200);
    expect(throughput).toMatchObject({ 'data-type': 'integer', unit: 'bits per second', 'built-in': true });
  });

  test.each([
    [{ name: 'Temp', 'data-type': 'float' }, 'name: expected up to 64 lower-case'],
    [{ name: 'a/b', 'data-type': 'float' }, 'name: expected'],
    [{ name: 5, 'data-type': 'float' }, 'name: expected'],
    [{ 'data-type': 'float' }, 'name: expected'],
    [{ name: 'x' }, 'data-type: expected one of integer, float'],
    [{ name: 'x', 'data-type': 'double' }, 'data-type: expected one of'],
    [{ name: 'x', 'data-type': 'float', unit: 5 }, 'unit: must be'],
    [{ name: 'x', 'data-type': 'float', unit: 'x'.repeat(33) }, 'unit: must be'],
    [{ name: 'x', 'data-type': 'float', description: [] }, 'description: must be'],
    [{ name: 'x', 'data-type': 'float', units: 'K' }, 'units: there is no such field'],
    ['[]', 'expected a JSON object, got array'],
    ['{"name":', 'bad JSON'],
    ['', 'the body is empty'],
  ])('%j is refused with 400, which names the field', async (body, text) => {
    const answer = await declare(body).expect(400);
    expect(answer.body.detail).toContain(text);
    await archive.http.get(`${TYPES}/x`).expect(404);
  });

  test('takes the scope admin', async () => {
    await declare({ name: 'x', 'data-type': 'float' }, archive.auth).expect(403);
    await archive.http.delete(`${TYPES}/x`).set('authorization', archive.auth).expect(403);
    await archive.http.post(TYPES).send({ name: 'x', 'data-type': 'float' }).expect(401);
  });

  test('the list comes in pages, sorted by name', async () => {
    const { body: all } = await archive.http.get(TYPES).expect(200);
    const names = (all as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names).toContain('throughput');
    const found: string[] = [];
    let url: string | undefined = `${TYPES}?limit=20`;
    while (url) {
      const answer: { body: { name: string }[]; headers: Record<string, string> } = await archive.http.get(url);
      found.push(...answer.body.map(({ name }) => name));
      url = /<https?:\/\/[^/]+([^>]+)>; rel="next"/.exec(answer.headers['link'] ?? '')?.[1];
    }
    expect(found).toEqual(names);
  });
});

describe('a declared event type', () => {
  test.each([
    ['integer', 3, 3],
    ['float', 21.5, 21.5],
    ['percentage', { numerator: 1, denominator: 4 }, 0.25],
    ['histogram', { low: 2 }, { low: 2 }],
    ['json', [1], [1]],
    ['subinterval', [{ start: 0, duration: 1, val: 2 }], [{ start: 0, duration: 1, val: 2 }]],
    ['string', 'a "text"', 'a "text"'],
    ['boolean', false, false],
  ])('takes %s values through every server at once', async (dataType, posted, read) => {
    const name = `of-${dataType}`;
    await post(newMetadata([name])).expect(400);
    await declare({ name, 'data-type': dataType }).expect(201);
    const uri = await register(other, name);
    await postPoint(other, uri, name, { ts: 1714557600, val: posted }).expect(201);
    const takesBooleans = dataType === 'json' || dataType === 'boolean';
    await postPoint(other, uri, name, { ts: 1714557601, val: true }).expect(takesBooleans ? 201 : 400);
    expect((await readAll(archive, uri, name))[0]).toEqual({ ts: 1714557600, val: read });
    const { body: found } = await archive.http.get(`${ARCHIVE}?event-type=${name}`).expect(200);
    expect(found).toHaveLength(1);
  });

  test('has the summaries of its data type', async () => {
    await declare({ name: 'load', 'data-type': 'float' }).expect(201);
    const summaries = [{ 'summary-type': 'average', 'summary-window': 60 }];
    const uri = await register(archive, { 'event-type': 'load', summaries });
    await putPoints(archive, uri, 'load', [
      { ts: 1714557600, val: 1 },
      { ts: 1714557610, val: 2 },
    ]).expect(201);
    await archive.http.get(`${uri}load/averages/60?time-start=0`).expect(200, [{ ts: 1714557600, val: 1.5 }]);
    await declare({ name: 'events', 'data-type': 'json' }).expect(201);
    const { body } = await post(newMetadata([{ 'event-type': 'events', summaries }])).expect(400);
    expect(body.detail).toContain('not possible for json values');
  });

  test('is dropped from a metadata that lacks it, and 400 where it is none', async () => {
    await declare({ name: 'rack-pressure', 'data-type': 'float' }).expect(201);
    const uri = await register(archive, 'throughput');
    await postPoint(archive, uri, 'rack-pressure', { ts: 1, val: 1 }).expect(201);
    const { body } = await postPoint(archive, uri, 'presure', { ts: 1, val: 1 }).expect(400);
    expect(body.detail).toContain('there is no event type "presure"');
    await archive.http.get(`${uri}rack-pressure/base`).expect(200, []);
    await archive.http.get(`${uri}presure/base`).expect(400);
    await archive.http.get(`${uri}rack-pressure/averages/60`).expect(200, []);
    await archive.http.get(`${uri}presure/averages/60`).expect(400);
    await archive.http.delete(`${uri}presure/base`).set('authorization', admin).expect(400);
  });

  test('can be removed only while no metadata has it', async () => {
    await declare({ name: 'rack-noise', 'data-type': 'float' }).expect(201);
    const uri = await register(other, 'rack-noise');
    const { body } = await remove('rack-noise').expect(409);
    expect(body.detail).toContain('in use by 1 metadata');
    await archive.http.delete(uri).set('authorization', admin).expect(200);
    await remove('rack-noise').expect(200);
    await remove('rack-noise').expect(404);
    await post(newMetadata(['rack-noise']), other).expect(400);
    expect(await auditOf('rack-noise')).toEqual(['event type declared', 'declaration removed']);
    await declare({ name: 'rack-noise', 'data-type': 'integer' }).expect(201);
    await register(other, 'rack-noise');
  });

  test('one that is removed and registered at the same time is either gone or in use', async () => {
    for (let round = 0; round < 10; round++) {
      await declare({ name: 'contested', 'data-type': 'float' }).expect(201);
      const [registered, removed] = await Promise.all([post(newMetadata(['contested']), other), remove('contested')]);
      expect([
        [201, 409],
        [400, 200],
      ]).toContainEqual([registered.status, removed.status]);
      if (registered.status !== 201) continue;
      await archive.http.delete(registered.body.uri).set('authorization', admin).expect(200);
      await remove('contested').expect(200);
    }
  });
});

describe('texts and booleans', () => {
  let uri: string;
  beforeAll(async () => {
    await declare({ name: 'state', 'data-type': 'string' }).expect(201);
    await declare({ name: 'is-up', 'data-type': 'boolean' }).expect(201);
    uri = await register(archive, 'state', 'is-up');
  });

  const longest = 'é'.repeat(32 * 1024);

  test.each([
    ['state', '""'],
    ['state', JSON.stringify(longest)],
    ['state', '"tab \\t, \\ud83d\\ude00 \\u0041 漢"'],
    ['state', '"200"'],
    ['is-up', 'true'],
    ['is-up', 'false'],
  ])('a value of %s may be: %#', async (eventType, val) => {
    await postPoint(archive, uri, eventType, `{"ts": 1, "val": ${val}}`).expect(201);
    expect((await readAll(archive, uri, eventType))[0]).toEqual({ ts: 1, val: JSON.parse(val) });
  });

  test.each([
    ['state', '200', 'expected a text of at most 64 KiB without NUL, got 200'],
    ['state', 'true', 'got true'],
    ['state', 'null', 'got null'],
    ['state', '["up"]', 'got ["up"]'],
    ['state', JSON.stringify(`${longest}!`), 'at most 64 KiB'],
    ['state', '"a\\u0000b"', 'NUL'],
    ['state', '"\\ud83d"', 'lone surrogate'],
    ['is-up', '1', 'expected true or false, got 1'],
    ['is-up', '"true"', 'expected true or false, got "true"'],
    ['is-up', 'null', 'got null'],
  ])('a value of %s may not be: %#', async (eventType, val, detail) => {
    const { body } = await postPoint(archive, uri, eventType, `{"ts": 2, "val": ${val}}`).expect(400);
    expect(body.detail).toContain(detail);
    await archive.http.get(`${uri}${eventType}/base?time=2`).expect(200, []);
  });

  test.each([
    ['state', (n: number) => `no ${n % 3}`, (n: number) => `yes ${n % 2}`],
    ['is-up', (n: number) => n % 3 === 0, (n: number) => n % 2 === 0],
  ])('a second value of %s replaces the first one, loose or packed', async (eventType, first, second) => {
    const fresh = await register(archive, eventType);
    const every = (step: number, valueOf: (n: number) => unknown): WirePoint[] =>
      Array.from({ length: 60 / step }, (_, index) => ({ ts: 1714557600 + index * step, val: valueOf(index * step) }));
    const points = every(1, first);
    await putPoints(archive, fresh, eventType, points.slice(0, 40)).expect(201);
    await putPoints(archive, fresh, eventType, points.slice(40)).expect(201);
    expect(await formsOf(fresh)).toEqual({ loose: 20, packed: 40 });

    await putPoints(archive, fresh, eventType, every(2, second)).expect(201);
    const expected = points.map(({ ts, val }, n) => ({ ts, val: n % 2 === 0 ? second(n) : val }));
    expect(await readAll(archive, fresh, eventType)).toEqual(expected);
    expect(await formsOf(fresh)).toEqual({ loose: 20, packed: 40 });
    await packAll(archive);
    expect(await readAll(archive, fresh, eventType)).toEqual(expected);
    expect(await faultsIn(archive)).toEqual([]);
  });

  async function formsOf(path: string): Promise<object | undefined> {
    const [forms] = await archive.query<{ loose: number; packed: number }>(
      `SELECT (SELECT count(*)::int FROM point WHERE series = s.id) AS loose,
              (SELECT sum(points)::int FROM segment WHERE series = s.id) AS packed
       FROM series s JOIN metadata m ON m.id = s.metadata WHERE strpos($1, m.key) > 0`,
      [path],
    );
    return forms;
  }

  test('come as JSON in CSV, and go back into an archive from there', async () => {
    const fresh = await register(archive, 'state', 'is-up');
    await postPoint(archive, fresh, 'state', { ts: 1, val: 'up, and "running"' }).expect(201);
    await postPoint(archive, fresh, 'is-up', { ts: 1, val: true }).expect(201);
    const csv = async (eventType: string): Promise<string> =>
      (await archive.http.get(`${fresh}${eventType}/base?time=1&format=csv`).expect(200)).text;
    const text = String.raw`"""up, and \""running\"""""`;
    expect(await csv('state')).toBe(`ts,val\n1,${text}\n`);
    expect(await csv('is-up')).toBe('ts,val\n1,"true"\n');

    const lines = [
      'source,measurement-agent,subject-type,event-type,ts,val',
      `192.0.2.19,192.0.2.19,network-element,state,1,${text}`,
      '192.0.2.19,192.0.2.19,network-element,is-up,1,"true"',
    ];
    await imported('texts.csv', lines.map((line) => `${line}\n`).join(''));
    const { body } = await archive.http.get('/api/v1/latest?source=192.0.2.19').expect(200);
    expect(body).toMatchObject([
      { 'event-type': 'is-up', ts: 1, val: true },
      { 'event-type': 'state', ts: 1, val: 'up, and "running"' },
    ]);
  });

  test('are fields of line protocol', async () => {
    await imported('texts.lp', 'm,source=192.0.2.29 state="up",is-up=t 1714557600000000000\n');
    const { body } = await archive.http.get('/api/v1/latest?source=192.0.2.29').expect(200);
    expect(body).toMatchObject([
      { 'event-type': 'is-up', val: true },
      { 'event-type': 'state', val: 'up' },
    ]);
  });

  async function imported(name: string, content: string): Promise<void> {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    onTestFinished(() => void vi.restoreAllMocks());
    await runImport({ DATABASE_URL: archive.databaseUrl }, fileOf(name, content), [], {});
  }

  test('the built-in metric and event are numbers and texts', async () => {
    const fresh = await register(archive, 'metric', 'event');
    await postPoint(archive, fresh, 'metric', { ts: 1, val: 2.5 }).expect(201);
    await postPoint(archive, fresh, 'event', { ts: 1, val: '200' }).expect(201);
    await postPoint(archive, fresh, 'event', { ts: 2, val: 200 }).expect(400);
    expect(await readAll(archive, fresh, 'event')).toEqual([{ ts: 1, val: '200' }]);
  });
});

describe('the command line', () => {
  test('declares, lists and removes event types', async () => {
    const added = await marigram('event-type', 'add', 'http-req-duration', 'float', '--unit', 'ms');
    expect(added).toMatchObject({ code: 0, stdout: 'Declared http-req-duration, float in ms.\n' });
    const { stdout } = await marigram('event-type', 'list');
    expect(stdout).toMatch(/^NAME +DATA TYPE +UNIT +BUILT IN +DESCRIPTION\n/);
    expect(stdout).toMatch(/^http-req-duration +float +ms +no/m);
    expect(stdout).toMatch(/^throughput +integer +bits per second +yes/m);
    const refused = await marigram('event-type', 'add', 'throughput', 'integer');
    expect(refused).toMatchObject({
      code: 1,
      stderr: "marigram: The event type throughput is built in and can't be changed.\n",
    });
    const removed = await marigram('event-type', 'remove', 'http-req-duration', 'never-seen');
    expect(removed).toMatchObject({ code: 1, stdout: 'Removed http-req-duration.\n' });
    expect(removed.stderr).toContain('The event type never-seen is not declared.');
  }, 60_000);

  test('policies, imports and deletions know what is declared', async () => {
    const env = { DATABASE_URL: archive.databaseUrl };
    const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    onTestFinished(() => {
      printed.mockRestore();
    });
    await declare({ name: 'rack-voltage', 'data-type': 'float' }).expect(201);

    const plan = (eventType: string): Promise<void> => {
      const policy = { event_type: eventType, summary_type: 'base', summary_window: '0', expire: '30' };
      const file = fileOf(`${eventType}.json`, JSON.stringify({ policies: [policy] }));
      return planRetention({ ...env, RETENTION_POLICY: file });
    };
    await plan('rack-voltage');
    await expect(plan('voltag')).rejects.toThrow('policy 1: event_type must be');

    const fields = {
      'measurement-agent': '192.0.2.9',
      source: '192.0.2.9',
      'event-type': 'rack-voltage',
      ts: 1714557600,
    };
    await runImport(env, fileOf('points.ndjson', JSON.stringify({ ...fields, val: 230.5 })), [], {});
    const lines = fileOf('points.lp', 'm,source=192.0.2.9 rack-voltage=231.5,volts=232.5 1714557601000000000');
    await expect(runImport(env, lines, [], { eventType: [['volts', 'voltag']] })).rejects.toThrow('"voltag"');
    await runImport(env, lines, [], { tag: [['measurement', '']] });
    const { body } = await archive.http.get(`${ARCHIVE}?event-type=rack-voltage&source=192.0.2.9`).expect(200);
    expect(await readAll(archive, body[0].uri, 'rack-voltage')).toEqual([
      { ts: 1714557600, val: 230.5 },
      { ts: 1714557601, val: 231.5 },
    ]);

    const source = ['source=192.0.2.9'];
    await deleteFound(env, source, { only: 'rack-voltage', dryRun: true });
    expect(printed.mock.lastCall).toEqual([expect.stringContaining('Found 1 metadata')]);
    const typo = deleteFound(env, source, { only: 'voltag', dryRun: true });
    await expect(typo).rejects.toThrow('--only: there is no event type "voltag"');
  });
});
