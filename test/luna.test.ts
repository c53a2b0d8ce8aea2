import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pg from 'pg';
import { startArchive, type TestArchive } from './support/archive.js';
import { FORM, JSON_TYPE, LunaClient, lunaUrl, request } from './support/luna.js';
import { SESSIONS } from './support/sessions.js';

const START = 1574164720000000;
const OK = { status: 200, text: '' };

/** The points of the vectors, since the start: micros and value. */
const POINTS: readonly (readonly [ts: number, value: number])[] = [
  ...([[249248, 30021], [450572, 30764], [649228, 29917], [849529, 30307]] as const), // prettier-ignore
  ...([[1049295, 30081], [1249847, 30466], [1451305, 30990]] as const), // prettier-ignore
];

const QUANTILES =
  '29917.0 29948.2 29995.0 30164.0 30421.25 30489.8 30558.35 30626.9 30695.45 30736.58 30750.29 30764.0';

/** Rows of `aggregates`, as pandas writes them. */
const aggregatesOf = (tag: string, second: string, rest: string): string =>
  [tag, second, ...rest.split(' ')].join('\t');
const FIRST_SECOND = `${QUANTILES} 30252.25 378.92600421014475 121009.0 4`;

let archive: TestArchive;
let other: TestArchive;
beforeAll(async () => {
  // No bound on the points of other doors binds this one.
  archive = await startArchive({ LUNA: 'on', MAX_POINTS: '5' });
  other = await archive.another();
});
afterAll(async () => {
  await other.close();
  await archive.close();
});

interface Session {
  readonly session: string;
  readonly number: number;
  readonly rows: number;
  readonly meta: Record<string, unknown>;
}

/** The session of a job. */
async function sessionOf({ job }: { readonly job: string }): Promise<Session> {
  const { body } = await archive.http.get(`${SESSIONS}?limit=1000`).expect(200);
  const { session } = (body as Session[]).find(({ number }) => String(number) === job)!;
  return (await archive.http.get(`${SESSIONS}/${session}`).expect(200)).body;
}

/** The path of a stream. */
async function streamOf(client: LunaClient, tag: string): Promise<string> {
  const { session } = await sessionOf(client);
  const { body } = await archive.http.get(`${SESSIONS}/${session}/streams?limit=1000`).expect(200);
  const { stream } = (body as { number: number; stream: string }[]).find(({ number }) => String(number) === tag)!;
  return `${SESSIONS}/${session}/streams/${stream}`;
}

/** Time (since the start) and value of each point of a stream, in their order. */
async function pointsOf(client: LunaClient, tag: string): Promise<[number, unknown][]> {
  const { body } = await archive.http
    .get(`${await streamOf(client, tag)}/points?time=relative&limit=1000000`)
    .expect(200);
  return (body as { ts: number; value: unknown }[]).map(({ ts, value }) => [ts, value]);
}

/** The bins of a stream: second and value. */
async function binsOf(client: LunaClient, tag: string, summary: string): Promise<[number, unknown][]> {
  const { body } = await archive.http.get(`${await streamOf(client, tag)}/${summary}/1?time=relative`).expect(200);
  return (body as { ts: number; value: unknown }[]).map(({ ts, value }) => [ts / 1e6, value]);
}

const line = (tag: string, [ts, value]: readonly [number, unknown]): string => `${tag}\t${ts}\t${String(value)}`;

describe('a test', () => {
  test('is created, filled, changed and closed as its client does it', async () => {
    const base = await lunaUrl(archive);
    const form = { test_start: String(START), configs: '{"load.yaml": "phantom: {}\\n"}', host: 'tank', port: '8083' };
    const agent = { 'user-agent': 'Uploader/1.2.3, yandextank/1.17' };
    const body = new URLSearchParams(form).toString();
    const { status, text: job, type } = await request(base, 'POST', '/create_job/', body, { ...FORM, ...agent });
    expect({ status, job, type }).toEqual({ status: 200, job: expect.stringMatching(/^\d+$/), type: 'text/plain' });
    const client = Object.assign(await LunaClient.open(archive), { job });
    const parent = await client.metric('metrics', ['metrics'], { meta: { name: 'Voltage', ammo: 26.0 } });
    const child = await client.metric('events', ['events', 'histograms'], { parent, case: 'GET /cart' });
    expect(
      await client.upload(
        'metrics',
        POINTS.map((point) => line(parent, point)),
      ),
    ).toMatchObject(OK);
    expect(
      await client.upload(
        'events',
        POINTS.map(([ts]) => line(child, [ts, '200'])),
      ),
    ).toMatchObject(OK);
    const update = { name: 'checkout', ammo: 'v3', rps: 12345678901234567890n.toString() };
    expect(await client.post(`/update_job/?job=${job}`, JSON.stringify(update), JSON_TYPE)).toMatchObject(OK);
    expect(await client.post(`/update_metric/?tag=${parent}`, 'unit=mA&note=', FORM)).toMatchObject(OK);
    expect(await client.close(60_000_000)).toMatchObject(OK);
    expect(await client.close(70_000_000)).toMatchObject(OK);

    const session = await sessionOf(client);
    expect(session).toMatchObject({
      ...{ name: 'checkout', operator: 'tester', status: 'closed', streams: 2, rows: 14 },
      ...{ 'test-start': START, 'test-end': START + 60_000_000 },
      meta: { host: 'tank', port: '8083', ammo: 'v3', uploader: agent['user-agent'] },
    });
    expect(session.meta.configs).toEqual({ 'load.yaml': 'phantom: {}\n' });
    const { body: voltage } = await archive.http.get(await streamOf(client, parent)).expect(200);
    expect(voltage).toMatchObject({ type: 'metric', name: 'Voltage', raw: true, aggregate: false, rows: 7 });
    expect(voltage.meta).toEqual({ name: 'Voltage', ammo: 26, unit: 'mA', note: '' });
    const { body: codes } = await archive.http.get(await streamOf(client, child)).expect(200);
    expect(codes).toMatchObject({ type: 'event', case: 'GET /cart', parent: voltage.stream, aggregate: true });
    expect(await pointsOf(client, parent)).toEqual(POINTS);
    expect(await binsOf(client, child, 'categories')).toEqual([
      [0, { 200: 4 }],
      [1, { 200: 3 }],
    ]);
    // What the client flushes late.
    expect(await client.upload('metrics', [line(parent, [5, 1])])).toMatchObject(OK);
    const late = await client.metric('metrics', ['metrics']);
    expect(await client.upload('metrics', [line(late, [5, 2])])).toMatchObject(OK);
    expect(await pointsOf(client, late)).toEqual([[5, 2]]);
  });

  test('that is created twice is one', async () => {
    const base = await lunaUrl(archive);
    const create = async (form: Record<string, string>, at = base): Promise<string> =>
      (await request(at, 'POST', '/create_job', new URLSearchParams(form).toString(), FORM)).text;
    const form = { test_start: '1574164720000001', configs: '{}' };
    const job = await create(form);
    expect(await create(form)).toBe(job);
    expect(await create({ ...form, host: 'another' }, await lunaUrl(other))).toBe(job);
    expect(await create({ ...form, configs: '{"a": "b"}' })).not.toBe(job);
    expect(await create({ ...form, test_start: '1574164720000002' })).not.toBe(job);
    await archive.query("UPDATE session SET created = created - interval '61 seconds' WHERE number = $1", [job]);
    const second = await create(form);
    expect(second).not.toBe(job);
    expect(await create(form)).toBe(second);
  });

  test.each([
    ['its duration is not known', '-1', START + 1_451_305],
    ['its duration is no number', 'None', START + 1_451_305],
    ['it says how long it took', '2000000', START + 2_000_000],
  ])('ends when %s', async (_, duration, end) => {
    const client = await LunaClient.open(archive, START);
    const tag = await client.metric('metrics', ['metrics']);
    await client.upload(
      'metrics',
      POINTS.map((point) => line(tag, point)),
    );
    expect(await client.close(duration)).toMatchObject(OK);
    expect(await sessionOf(client)).toMatchObject({ status: 'closed', 'test-end': end });
  });

  test('may have large configuration files, or too large ones', async () => {
    const base = await lunaUrl(archive);
    const create = async (size: number): Promise<Session> => {
      const form = { test_start: String(START + size), configs: JSON.stringify({ file: 'x'.repeat(size) }) };
      const { text: job } = await request(base, 'POST', '/create_job/', new URLSearchParams(form).toString(), FORM);
      await request(base, 'POST', `/update_job/?job=${job}`, '{"rps": 5000}');
      return sessionOf({ job });
    };
    expect((await create(500_000)).meta).toMatchObject({ configs: { file: expect.any(String) }, rps: 5000 });
    expect((await create(1_500_000)).meta).toEqual({ rps: 5000 });
  });

  test('whose configuration files are large is changed like others', async () => {
    const base = await lunaUrl(archive);
    const form = { test_start: String(START + 3), configs: JSON.stringify({ file: 'x'.repeat(100_000) }) };
    const { text: job } = await request(base, 'POST', '/create_job/', new URLSearchParams(form).toString(), FORM);
    const { session } = await sessionOf({ job });
    const patch = (meta: object) =>
      archive.http.patch(`${SESSIONS}/${session}`).set('authorization', archive.auth).send({ meta });
    const { body } = await patch({ rps: 5000 }).expect(200);
    expect(body.meta).toEqual({ configs: JSON.parse(form.configs), rps: 5000 });
    expect((await patch({ note: 'x'.repeat(70_000) }).expect(400)).body.detail).toBe('meta: more than 64 KiB of JSON');
    expect((await patch({ configs: null }).expect(200)).body.meta).toEqual({ rps: 5000 });
    await patch({ a: 'x'.repeat(40_000) }).expect(200);
    await patch({ b: 'x'.repeat(40_000) }).expect(400);
  });
});

describe('the door', () => {
  test('takes the key as the password of any user, of the right scope, or a network', async () => {
    const url = await lunaUrl(archive);
    const create = (change: (url: URL) => void): Promise<{ status: number }> => {
      const changed = new URL(url);
      change(changed);
      return request(changed, 'POST', '/create_job/', `test_start=${START + 7}`, FORM);
    };
    expect(await create((it) => (it.username = ''))).toMatchObject({ status: 200 });
    expect(await create((it) => (it.password = 'wrong'))).toMatchObject({ status: 401 });
    expect(await create((it) => (it.password = ''))).toMatchObject({ status: 401 });
    const reader = (await archive.issueKey('read')).split(' ')[1]!;
    expect(await create((it) => (it.password = reader))).toMatchObject({ status: 403 });
    const basic = `Basic ${Buffer.from(`me:${archive.auth.split(' ')[1]}`).toString('base64')}`;
    await archive.http.put(`${SESSIONS}/basic`).set('authorization', basic).send({}).expect(401);
  });

  test('is closed unless it is opened', async () => {
    const closed = await startArchive();
    try {
      await closed.http.post('/luna/create_job/').set('authorization', closed.auth).send('test_start=1').expect(404);
    } finally {
      await closed.close();
    }
  });

  test.each([
    ['a job without a start', '/create_job/', 'configs=', 400, 'test_start'],
    ['a job that starts at no number', '/create_job/', 'test_start=now', 400, 'test_start'],
    ['an update of an unknown job', '/update_job/?job=999999', '{}', 404, 'no job 999999'],
    ['an update of no job', '/update_job/', '{}', 400, 'job: expected'],
    ['an update that is no object', '/update_job/?job=JOB', '[]', 400, 'expected a JSON object'],
    ['an update of an unknown metric', '/update_metric/?tag=999999', 'a=b', 404, 'no metric'],
    [
      'a metric of an unknown job',
      '/create_metric/',
      '{"job":"999999","type":"metrics","types":["metrics"],"local_id":"a"}',
      404,
      'no job 999999',
    ],
    [
      'a metric below an unknown one',
      '/create_metric/',
      '{"job":"JOB","type":"metrics","types":["metrics"],"local_id":"a","parent":"999999"}',
      404,
      'tag 999999',
    ],
    [
      'a metric of another type',
      '/create_metric/',
      '{"job":"JOB","type":"gauges","types":["metrics"],"local_id":"a"}',
      400,
      'type: expected metrics or events',
    ],
    [
      'a metric that keeps nothing',
      '/create_metric/',
      '{"job":"JOB","type":"metrics","types":[],"local_id":"a"}',
      400,
      'raw, aggregate',
    ],
    [
      'a metric without an id',
      '/create_metric/',
      '{"job":"JOB","type":"metrics","types":["metrics"]}',
      400,
      'local_id',
    ],
    [
      'an upload to another table',
      '/upload_metric/?query=INSERT%20INTO%20luna.points%20FORMAT%20TSV',
      '',
      400,
      'query',
    ],
    [
      'an upload in another format',
      '/upload_metric/?query=INSERT%20INTO%20luna.metrics%20FORMAT%20CSV',
      '',
      400,
      'query',
    ],
    ['an upload without a query', '/upload_metric/', '', 400, 'query'],
  ])('refuses %s', async (_, path, body, status, detail) => {
    const client = await LunaClient.open(archive);
    const answer = await client.post(path.replace('JOB', client.job), body.replace('JOB', client.job));
    expect(answer).toMatchObject({ status, text: expect.stringContaining(detail) });
  });

  test('gives the same metric the same number, and refuses another one of its id', async () => {
    const client = await LunaClient.open(archive);
    const body = { job: Number(client.job), type: 'metrics', types: ['metrics'], local_id: 'metric_1', meta: { a: 1 } };
    const post = (more: object) => client.post('/create_metric/', JSON.stringify({ ...body, ...more }));
    const first = await post({});
    expect(first).toMatchObject({ status: 200, type: 'text/plain', text: expect.stringMatching(/^\d+$/) });
    expect(await post({ meta: { a: 2 } })).toEqual(first);
    expect(await post({ case: 'another' })).toMatchObject({ status: 409, text: expect.stringContaining('case') });
  });
});

describe('uploaded rows', () => {
  test('are of several streams, and of any form that a client writes', async () => {
    const client = await LunaClient.open(archive);
    const [a, b] = [await client.metric('metrics', ['metrics']), await client.metric('metrics', ['metrics'])];
    const lines = [`${a}\t0\t1`, `${b}\t0\t29917.0`, `${a}\t0\t2`, `${b}.0\t-5.0\t1e+16`, `${a}\t1\t-0.5`];
    expect(await client.upload('metrics', lines, '\r\n')).toMatchObject(OK);
    expect(await pointsOf(client, a)).toEqual([[0, 1], [0, 2], [1, -0.5]]); // prettier-ignore
    expect(await pointsOf(client, b)).toEqual([[-5, 1e16], [0, 29917]]); // prettier-ignore
    const codes = await client.metric('events', ['events']);
    const texts = [`${codes}\t0\t200`, `${codes}\t1\t"a\tb\r\n""c"""`, `${codes}\t2\tlone\rCR`, `${codes}\t3\tcafé`];
    expect(await client.uploadBytes('events', Buffer.from(texts.map((text) => `\t${text}\n`).join('')))).toMatchObject(
      OK,
    );
    const latin = Buffer.from(`2019-11-19\t${codes}\t4\tcafé\n2019-11-19\t${codes}\t5\t`, 'latin1');
    expect(await client.uploadBytes('events', latin)).toMatchObject(OK);
    const stored = [[0, '200'], [1, 'a\tb\r\n"c"'], [2, 'lone\rCR'], [3, 'café'], [4, 'café'], [5, '']]; // prettier-ignore
    expect(await pointsOf(client, codes)).toEqual(stored);
    expect(await client.upload('events', [])).toMatchObject(OK);
  });

  test('without a value are left out and counted', async () => {
    const client = await LunaClient.open(archive);
    const tag = await client.metric('metrics', ['metrics']);
    const values = ['', 'nan', 'inf', '-Infinity', '1e999', '7'];
    expect(
      await client.upload(
        'metrics',
        values.map((value, ts) => line(tag, [ts, value])),
      ),
    ).toMatchObject(OK);
    expect(await client.upload('metrics', [`${tag}\t\t1`])).toMatchObject(OK);
    expect(await pointsOf(client, tag)).toEqual([[5, 7]]);
    const { body } = await archive.http.get(await streamOf(client, tag)).expect(200);
    const { UsageCounters } = await import('../src/audit/usage-counters.js');
    await archive.app.get(UsageCounters).flush();
    expect(
      await archive.query('SELECT event_type, reason, points::int FROM dropped_points WHERE metadata = $1', [
        body['metadata-key'],
      ]),
    ).toEqual([{ event_type: 'metric', reason: 'no value', points: 6 }]);
  });

  test.each([
    ['an unknown tag', 'metrics', 'A\t1\t1\n999999\t1\t1\n', 'line 2, tag: there is no metric 999999'],
    ['no tag', 'metrics', '\t1\t1\n', 'line 1, tag: expected an integer'],
    ['a tag of another type', 'metrics', 'A\t1\t1\nE\t1\t1\n', 'is no stream of type metric'],
    ['a tag of another job', 'metrics', 'A\t1\t1\nO\t1\t1\n', 'belongs to another job'],
    ['a field too few', 'metrics', 'A\t1\t1\nA\t1\n', 'line 2: expected 4 fields, got 3'],
    ['a field too many', 'events', 'E\t1\ta\tb\n', 'line 1: expected 4 fields, got 5'],
    ['an empty line', 'metrics', 'A\t1\t1\n\n', 'line 2'],
    ['a word for a number', 'metrics', 'A\t1\t1\nA\t1\tfast\n', 'line 2, value: expected a number, got "fast"'],
    ['hexadecimal digits', 'metrics', 'A\t1\t0x1F\n', 'line 1, value'],
    ['half a microsecond', 'metrics', 'A\t1\t1\nA\t1.5\t1\n', 'line 2, ts: expected an integer'],
    ['a time in no year', 'metrics', 'A\t1\t1\nA\t9000000000000000\t1\n', 'line 2'],
    ['a quote that is open', 'events', 'E\t1\t"a\n', 'line 1: the quote'],
    ['half a count', 'histograms', 'H\t1\t200\t1.5\n', 'line 1, cnt: expected a positive integer'],
    ['a NUL', 'events', 'E\t1\ta\0b\n', 'line 1'],
  ] as const)('with %s are refused, and nothing is stored', async (_, table, rows, detail) => {
    const client = await LunaClient.open(archive);
    const tags: Record<string, string> = {
      A: await client.metric('metrics', ['metrics']),
      E: await client.metric('events', ['events']),
      H: await client.metric('events', ['histograms']),
      O: await (await LunaClient.open(archive, START + 1)).metric('metrics', ['metrics']),
    };
    const text = rows
      .replace(/^(?=.)/gm, '2019-11-19\t')
      .replace(/\t([AEHO])\t/g, (_all, name: string) => `\t${tags[name]}\t`);
    const answer = await client.uploadBytes(table, Buffer.from(text));
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(JSON.stringify(detail).slice(1, -1)) });
    expect((await sessionOf(client)).rows).toBe(0);
  });
});

describe('an upload that comes again', () => {
  const rows = (tag: string, begin: number, end: number, text = (value: number): string => String(value)): string[] =>
    Array.from({ length: end - begin }, (_, index) => line(tag, [begin + index, text(begin + index)]));

  async function metric(): Promise<{ client: LunaClient; tag: string; count: () => Promise<number[]> }> {
    const client = await LunaClient.open(archive);
    const tag = await client.metric('metrics', ['metrics']);
    return { client, tag, count: async () => (await pointsOf(client, tag)).map(([ts]) => ts) };
  }

  const upTo = (end: number): number[] => [...Array(end).keys()];

  test('counts once: whole, in halves, and in front of newer rows', async () => {
    const { client, tag, count } = await metric();
    const upload = (begin: number, end: number) => client.upload('metrics', rows(tag, begin, end));
    for (const [begin, end] of [
      [0, 11],
      [0, 11],
      [0, 5],
      [5, 11],
      [0, 15],
      [0, 15],
      [0, 7],
      [7, 15],
      [15, 16],
    ] as const)
      expect(await upload(begin, end), `${begin} to ${end}`).toMatchObject(OK);
    expect(await count()).toEqual(upTo(16));
  });

  test('counts once where only its halves were stored, or one of them', async () => {
    const { client, tag, count } = await metric();
    const upload = (begin: number, end: number) => client.upload('metrics', rows(tag, begin, end));
    await upload(0, 5);
    await upload(5, 11);
    await upload(0, 12);
    await upload(12, 14);
    await upload(12, 18);
    expect(await count()).toEqual(upTo(18));
  });

  test('counts once where its halves cut through its streams', async () => {
    const { client, tag, count } = await metric();
    const second = await client.metric('metrics', ['metrics']);
    const lines = [...rows(tag, 0, 7), ...rows(second, 0, 4)];
    for (const part of [lines, lines.slice(0, 5), lines.slice(5)])
      expect(await client.upload('metrics', part)).toMatchObject(OK);
    expect(await count()).toEqual(upTo(7));
    expect(await pointsOf(client, second)).toHaveLength(4);
  });

  test('is known by its values, however they are written', async () => {
    const { client, tag, count } = await metric();
    await client.upload('metrics', rows(tag, 0, 4));
    await client.upload('metrics', [...rows(tag, 0, 4, (value) => `${value}.0`), line(tag, [4, '0.5'])], '\r\n');
    expect(await count()).toEqual(upTo(5));
  });

  test('at once, or at another server, counts once', async () => {
    const { client, tag, count } = await metric();
    const elsewhere = await client.at(other);
    const parts = [rows(tag, 0, 100), rows(tag, 0, 100), rows(tag, 0, 50)];
    const answers = await Promise.all(
      parts.flatMap((part) => [client.upload('metrics', part), elsewhere.upload('metrics', part)]),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(6).fill(200));
    await elsewhere.upload('metrics', rows(tag, 50, 100));
    expect(await count()).toEqual(upTo(100));
  });

  test('is not taken for one of another table or job, nor for one of long ago', async () => {
    const { client, tag, count } = await metric();
    const { client: another, tag: ofAnother, count: countOfAnother } = await metric();
    await client.upload('metrics', rows(tag, 0, 2));
    await another.upload('metrics', rows(ofAnother, 0, 2));
    expect(await countOfAnother()).toEqual([0, 1]);
    await archive.query("UPDATE luna_upload SET created = created - interval '11 minutes'");
    await client.upload('metrics', rows(tag, 0, 2));
    expect(await count()).toEqual([0, 0, 1, 1]);
    // The old ones go with the next upload.
    expect(await archive.query('SELECT FROM luna_upload')).toHaveLength(1);
  });
});

describe('an archive that can’t answer yet', () => {
  /** Holds the lock of a stream's series, as a long deletion does, until the function that it returns is called. */
  async function holdSeries(tag: string): Promise<() => Promise<void>> {
    const rival = new pg.Client(archive.databaseUrl);
    await rival.connect();
    await rival.query('BEGIN');
    await rival.query(
      'SELECT FROM series WHERE id = (SELECT series FROM session_stream WHERE number = $1) FOR UPDATE',
      [tag],
    );
    return async () => {
      await rival.query('COMMIT');
      await rival.end();
    };
  }

  const deferred = async (at: TestArchive): Promise<number> => {
    const { text } = await at.http.get('/metrics').expect(200);
    return Number(/^marigram_luna_deferred_total (\d+)$/m.exec(text)?.[1]);
  };

  test('closes the connection after a while, and counts what was under way once', async () => {
    const client = await LunaClient.open(archive);
    const tag = await client.metric('metrics', ['metrics']);
    const before = await deferred(archive);
    const release = await holdSeries(tag);
    const lines = POINTS.map((point) => line(tag, point));
    const first = await client.upload('metrics', lines);
    const second = client.upload('metrics', lines);
    await release();
    expect(first).toMatchObject({ status: 0, text: 'socket hang up' });
    expect(await second).toMatchObject(OK);
    expect(await client.upload('metrics', lines.slice(0, 3))).toMatchObject(OK);
    expect(await pointsOf(client, tag)).toEqual(POINTS);
    expect(await deferred(archive)).toBe(before + 1);
  });

  test('holds uploads while its write queue is full; each of them counts once when it comes again', async () => {
    // So many wait at a time for series that others hold; what comes after them fills the queue.
    const clients: { client: LunaClient; tag: string; lines: string[] }[] = [];
    for (const rows of [1, 1, 1, 200_001, 2]) {
      const client = await LunaClient.open(archive);
      const tag = await client.metric('metrics', ['metrics']);
      clients.push({ client, tag, lines: Array.from({ length: rows }, (_, ts) => line(tag, [ts, ts % 7])) });
    }
    const upload = ({ client, lines }: (typeof clients)[number]) => client.upload('metrics', lines);
    const [last, ...held] = clients.toReversed();
    const before = await deferred(archive);
    const [largest, ...small] = held;
    const releases = await Promise.all(held.map(({ tag }) => holdSeries(tag)));
    try {
      const answers = small.map(upload);
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(() => archive.query(waiting), { timeout: 20_000 }).toHaveLength(small.length);
      answers.push(upload(largest!));
      await expect
        .poll(async () => (await archive.http.get('/metrics')).text, { timeout: 20_000 })
        .toContain('marigram_write_queue_points 200001');
      answers.push(upload(last!));
      for (const answer of answers) expect(await answer).toMatchObject({ status: 0, text: 'socket hang up' });
      expect(await deferred(archive)).toBe(before + clients.length);
    } finally {
      for (const release of releases) await release();
    }
    for (const one of clients) {
      expect(await upload(one)).toMatchObject(OK);
      expect((await sessionOf(one.client)).rows).toBe(one.lines.length);
    }
  });

  test('never says that there are too many requests', async () => {
    const bounded = await startArchive({ LUNA: 'on', RATE_LIMIT: '2' });
    try {
      const base = await lunaUrl(bounded);
      const create = () => request(base, 'POST', '/create_job/', `test_start=${START}`, FORM);
      const answers = [await create(), await create(), await create()];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 0]);
      expect(await deferred(bounded)).toBe(1);
    } finally {
      await bounded.close();
    }
  });
});

describe('seconds that come finished', () => {
  const DISTRIBUTION = ['29000\t30000\t1', '30000\t31000\t3'];

  test('are bins of streams without points', async () => {
    const client = await LunaClient.open(archive);
    const tag = await client.metric('metrics', ['aggregates', 'distributions']);
    const codes = await client.metric('events', ['histograms']);
    const later = `${'7.0 '.repeat(12)}7.0  7.0 1`;
    const uploads = [
      await client.upload('aggregates', [aggregatesOf(tag, '0', FIRST_SECOND), aggregatesOf(tag, '3', later)]),
      await client.upload(
        'distributions',
        DISTRIBUTION.map((bin) => `${tag}\t0\t${bin}`),
      ),
      await client.upload('histograms', [`${codes}\t0\t200\t3`, `${codes}\t0\t\t1`, `${codes}\t1\t502\t2`]),
    ];
    for (const answer of uploads) expect(answer).toMatchObject(OK);
    const [first, fourth] = await binsOf(client, tag, 'quantiles');
    expect(first).toEqual([0, {
      ...{ q0: 29917, q10: 29948.2, q25: 29995, q50: 30164, q75: 30421.25, q80: 30489.8, q85: 30558.35, q90: 30626.9 },
      ...{ q95: 30695.45, q98: 30736.58, q99: 30750.29, q100: 30764 },
      ...{ average: 30252.25, stddev: 378.92600421014475, sum: 121009, cnt: 4 },
    }]); // prettier-ignore
    expect(fourth).toEqual([3, expect.objectContaining({ q0: 7, q100: 7, stddev: null, cnt: 1 })]);
    expect(await binsOf(client, tag, 'distributions')).toEqual([
      [0, [{ l: 29000, r: 30000, cnt: 1 }, { l: 30000, r: 31000, cnt: 3 }]], // prettier-ignore
    ]);
    expect(await binsOf(client, codes, 'categories')).toEqual([
      [0, { '': 1, 200: 3 }],
      [1, { 502: 2 }],
    ]);
    expect(await pointsOf(client, tag)).toEqual([]);
  });

  test('that come late are merged into the one bin, once', async () => {
    const client = await LunaClient.open(archive);
    const tag = await client.metric('metrics', ['aggregates', 'distributions']);
    const late = aggregatesOf(tag, '0', `${'31000.0 '.repeat(12)}31000.0  31000.0 1`);
    for (const lines of [[aggregatesOf(tag, '0', FIRST_SECOND)], [late], [late]])
      expect(await client.upload('aggregates', lines)).toMatchObject(OK);
    for (const bins of [DISTRIBUTION, ['31000\t32000\t1'], ['31000\t32000\t1']])
      expect(
        await client.upload(
          'distributions',
          bins.map((bin) => `${tag}\t0\t${bin}`),
        ),
      ).toMatchObject(OK);
    const [[, value] = [0, {}], ...others] = await binsOf(client, tag, 'quantiles');
    expect(others).toEqual([]);
    expect(value).toMatchObject({
      cnt: 5,
      sum: 152009,
      average: 30401.8,
      stddev: 468.5239588324166,
      q0: 29917,
      q100: 31000,
    });
    const { within, q50 } = value as { within: number; q50: number };
    expect(within).toBeGreaterThan(0);
    expect(within).toBeLessThan(0.04);
    expect(q50).toBeGreaterThan(30000);
    expect(await binsOf(client, tag, 'distributions')).toEqual([
      [0, [{ l: 29000, r: 30000, cnt: 1 }, { l: 30000, r: 31000, cnt: 3 }, { l: 31000, r: 32000, cnt: 1 }]], // prettier-ignore
    ]);
  });

  test('of streams with points are dropped: these are summed up here', async () => {
    const client = await LunaClient.open(archive);
    const tag = await client.metric('metrics', ['metrics', 'aggregates', 'distributions']);
    await client.upload(
      'metrics',
      POINTS.map((point) => line(tag, point)),
    );
    const wrong = `${'1.0 '.repeat(12)}1.0  1.0 1`;
    expect(await client.upload('aggregates', [aggregatesOf(tag, '0', wrong)])).toMatchObject(OK);
    expect(await client.upload('distributions', [`${tag}\t0\t0\t10\t1`])).toMatchObject(OK);
    const bins = await binsOf(client, tag, 'quantiles');
    expect(bins).toEqual([
      [0, expect.objectContaining({ cnt: 4, average: 30252.25 })],
      [1, expect.objectContaining({ cnt: 3, average: 30512.333333333332 })],
    ]);
    expect(
      await archive.query(
        'SELECT FROM sealed_bin WHERE series = (SELECT series FROM session_stream WHERE number = $1)',
        [tag],
      ),
    ).toEqual([]);
  });

  test('without a number are left out', async () => {
    const client = await LunaClient.open(archive);
    const tag = await client.metric('metrics', ['aggregates', 'distributions']);
    const rest = FIRST_SECOND.replace('30252.25', '');
    expect(await client.upload('aggregates', [aggregatesOf(tag, '0', rest)])).toMatchObject(OK);
    expect(await client.upload('distributions', [`${tag}\t0\t\t10\t1`, `${tag}\t\t0\t10\t1`])).toMatchObject(OK);
    expect(await binsOf(client, tag, 'quantiles')).toEqual([]);
    expect(await binsOf(client, tag, 'distributions')).toEqual([]);
  });
});
