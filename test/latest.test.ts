import { ApiConnect } from 'marigram-client';
import { type Response } from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { putPoints, register } from './support/builders.js';
import { expectDocumented } from './support/openapi.js';
import { MARIGRAM, Program } from './support/process.js';

const LATEST = '/api/v1/latest';

let archive: TestArchive;
let uris: string[];
beforeAll(async () => {
  archive = await startArchive();
  uris = [];
  for (let number = 0; number < 3; number++)
    uris.push(await register(archive, 'throughput', 'failures', 'packet-loss-rate', 'path-mtu'));
  uris.sort();
  for (const [index, uri] of uris.entries()) {
    const points = [0, 60, 120, 180, 1000].map((ts) => ({ ts: 1_700_000_000 + index + ts, val: ts }));
    await putPoints(archive, uri, 'throughput', points).expect(201);
    await putPoints(archive, uri, 'failures', [{ ts: 1_500_000_000.5, val: { error: 'é', n: 1.0 } }]).expect(201);
  }
  await putPoints(archive, uris[0]!, 'packet-loss-rate', [{ ts: 5, val: { numerator: 1, denominator: 4 } }]).expect(
    201,
  );
});
afterAll(() => archive.close());

interface Latest {
  [field: string]: unknown;
  'base-uri': string;
}

async function latest(query = ''): Promise<Latest[]> {
  const answer = await archive.http.get(`${LATEST}${query}`).expect(200);
  expectDocumented('getLatestPoints', answer);
  return answer.body as Latest[];
}

test('has the newest point of every series that has points, sorted by key and event type', async () => {
  const found = await latest();
  expect(found.map((one) => one['base-uri'])).toEqual(
    uris.flatMap((uri, index) =>
      ['failures', ...(index === 0 ? ['packet-loss-rate'] : []), 'throughput'].map((name) => `${uri}${name}/base`),
    ),
  );
  const [failure, loss, throughput] = found;
  expect(failure).toMatchObject({ ts: 1_500_000_000.5, val: { error: 'é', n: 1 }, cadence: null });
  expect(loss).toMatchObject({ 'event-type': 'packet-loss-rate', val: 0.25 });
  expect(throughput).toMatchObject({
    'metadata-key': uris[0]!.split('/').at(-2),
    ...{ source: '192.0.2.1', destination: '192.0.2.2', 'tool-name': 'pscheduler/iperf3' },
    ...{ ts: 1_700_001_000, val: 1000, cadence: 60 },
  });
  expect(Math.abs(Date.now() / 1000 - 1_700_001_000 - Number(throughput!.age))).toBeLessThan(60);
});

test.each([
  ['?event-type=throughput', 3],
  ['?event-type=path-mtu', 0],
  ['?source=192.0.2.9', 0],
  ['?tool-name=pscheduler/iperf3&event-type=failures', 3],
  ['?data-start=1600000000', 3],
  ['?time-range=3600', 7],
  ['?summary-window=99999999999999999999', 0],
])('takes the filters of the metadata search: %s finds %d', async (query, count) => {
  expect(await latest(query)).toHaveLength(count);
});

test('pages lead through all of it once, by the Link header, and keep the filters', async () => {
  const all = await latest('?tool-name=pscheduler/iperf3');
  const seen: unknown[] = [];
  let query: string | undefined = '?tool-name=pscheduler/iperf3&limit=2';
  for (let pages = 0; query !== undefined; pages++) {
    expect(pages).toBeLessThan(5);
    const answer: Response = await archive.http.get(`${LATEST}${query}`).expect(200);
    seen.push(...(answer.body as Latest[]).map((one) => one['base-uri']));
    query = /^<[^?>]*\/api\/v1\/latest(\?[^>]*)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1];
  }
  expect(seen).toEqual(all.map((one) => one['base-uri']));
});

test('the SDK reads all pages, and the command line prints them', async () => {
  const url = await archive.app.getUrl();
  const filters = { eventType: 'throughput', toolName: 'pscheduler/iperf3' };
  for (const [address, options] of [
    [url, {}],
    [`${url}/esmond/perfsonar/archive/`, {}],
  ] as const) {
    const found = [];
    for await (const one of new ApiConnect(address, filters, { ...options, pageSize: 2 }).getLatest()) found.push(one);
    expect(found.map(({ point, cadence }) => [point.tsEpoch, point.val, cadence])).toEqual(
      [0, 1, 2].map((index) => [1_700_001_000 + index, 1000, 60]),
    );
  }
  const env = { MARIGRAM_URL: url };
  const { code, stdout, stderr } = await new Program(
    [...MARIGRAM, 'get', 'latest', 'event-type=throughput', '--tool-name', 'pscheduler/iperf3', '-o', 'csv'],
    env,
  ).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [heading, ...rows] = stdout.trim().split('\n');
  expect(heading).toBe('metadata-key,event-type,source,destination,tool-name,ts,age,cadence,val');
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(
    /^[0-9a-f]{32},throughput,192\.0\.2\.1,192\.0\.2\.2,pscheduler\/iperf3,1700001000,[\d.]+,60,1000$/,
  );
  const table = await new Program([...MARIGRAM, 'get', 'latest', 'event-type=throughput', '-o', 'table'], env).ended;
  expect(table.stdout).toMatch(/^KEY +SOURCE +DESTINATION +EVENT TYPE +VALUE +AGE +EVERY\n/);
  expect(table.stdout).toMatch(/ 1 min\n/);
});

test('more series than are looked up at a time come in one answer', async () => {
  await archive.query(
    `WITH m AS (INSERT INTO metadata (key, subject_type, source, measurement_agent, tool_name, input_source, parameters, identity)
       SELECT md5(i::text), 'network-element', '192.0.2.77', '192.0.2.77', 'many', '', '{}', sha256(i::text::bytea)
       FROM generate_series(1, 600) i RETURNING id),
     s AS (INSERT INTO series (metadata, event_type, data_type, first_point, last_point)
       SELECT id, 'throughput', 'integer', to_timestamp(1700000000), to_timestamp(1700000000) FROM m RETURNING id)
     INSERT INTO point (series, ts, value) SELECT id, to_timestamp(1700000000), id FROM s`,
  );
  const found = await latest('?tool-name=many&limit=100000');
  expect(new Set(found.map((one) => one.val)).size).toBe(600);
});

test('what retention hides is not the newest point', async () => {
  const uri = await register(archive, 'ntp-offset');
  await putPoints(archive, uri, 'ntp-offset', [{ ts: 1000, val: 1 }]).expect(201);
  expect(await latest('?event-type=ntp-offset')).toHaveLength(1);
  await archive.query(`UPDATE series SET base_cut_off = to_timestamp(2000) WHERE event_type = 'ntp-offset'`);
  expect(await latest('?event-type=ntp-offset')).toEqual([]);
});

test('what is wrong is refused, and closed archives want a key', async () => {
  const { body } = await archive.http.get(`${LATEST}?after=x`).expect(400);
  expect(body.detail).toBe('after: expected METADATA-KEY/EVENT-TYPE, got "x"');
  await archive.http.get(`${LATEST}?time-start=never`).expect(400);
  const closed = await startArchive({ READ_ACCESS: 'key', PATH_PREFIX: '/elsewhere' });
  try {
    await closed.http.get(LATEST).expect(401);
    await closed.http
      .get(LATEST)
      .set('authorization', await closed.issueKey('read'))
      .expect(200, []);
  } finally {
    await closed.close();
  }
});
