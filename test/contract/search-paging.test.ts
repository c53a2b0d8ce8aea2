import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { newMetadata } from '../support/builders.js';
import { storeMetadata, type WireMetadata } from '../support/metadata.js';

const COUNT = 16;

let archive: TestArchive;
let keys: string[];
beforeAll(async () => {
  archive = await startArchive();
  const stored = await Promise.all(Array.from({ length: COUNT }, () => storeMetadata(archive, newMetadata())));
  keys = stored.map((metadata) => metadata['metadata-key']).sort();
});
afterAll(() => archive.close());

interface Page {
  keys: string[];
  rows: WireMetadata[];
  /** The `Link` header, with what stands before the query cut off. */
  link: string | undefined;
  next: unknown;
  previous: unknown;
}

/** Asks for a page as `http://ma.example.net`; links are cut to their query. */
async function page(query: string): Promise<Page> {
  const response = await archive.http.get(`${ARCHIVE}${query}`).set('host', 'ma.example.net').expect(200);
  const rows = response.body as WireMetadata[];
  const root = `http://ma.example.net${ARCHIVE}`;
  const relative = (url: unknown): unknown => (typeof url === 'string' ? url.replace(root, '') : url);
  return {
    keys: rows.map((row) => row['metadata-key']),
    rows,
    link: response.headers.link?.replaceAll(root, ''),
    next: relative(rows[0]?.['metadata-next-page']),
    previous: relative(rows[0]?.['metadata-previous-page']),
  };
}

test('§3.2 the list is sorted by key', async () => {
  expect((await page('')).keys).toEqual(keys);
});

test.each([
  // query, offsets of the page, next, previous
  ['', [0, 16], null, null],
  ['?limit=16', [0, 16], null, null],
  ['?limit=5', [0, 5], '?limit=5&offset=5', null],
  ['?limit=5&offset=5', [5, 10], '?limit=5&offset=10', '?limit=5'],
  ['?offset=3&limit=5', [3, 8], '?limit=5&offset=8', '?limit=5'],
  ['?limit=5&offset=6', [6, 11], '?limit=5&offset=11', '?limit=5&offset=1'],
  ['?limit=5&offset=11', [11, 16], null, '?limit=5&offset=6'],
  ['?limit=5&offset=15', [15, 16], null, '?limit=5&offset=10'],
  ['?limit=1&offset=1', [1, 2], '?limit=1&offset=2', '?limit=1'],
  ['?offset=1', [1, 16], null, '?limit=1500'],
  ['?limit=100', [0, 16], null, null],
] as const)('§3.6 %s is the page %j; next %s, previous %s', async (query, [begin, end], next, previous) => {
  const answer = await page(query);
  expect(answer).toMatchObject({ keys: keys.slice(begin, end), next, previous });
  const links = [next && `<${next}>; rel="next"`, previous && `<${previous}>; rel="prev"`].filter(Boolean);
  expect(answer.link).toBe(links.length > 0 ? links.join(', ') : undefined);
});

test.each([
  ['?offset=100', '?limit=1500'],
  ['?offset=16', '?limit=1500'],
  ['?limit=5&offset=100', '?limit=5&offset=95'],
  ['?limit=5&offset=16', '?limit=5&offset=11'],
])('§3.6 %s, behind the end, is an empty page with a link back', async (query, previous) => {
  expect(await page(query)).toMatchObject({ rows: [], link: `<${previous}>; rel="prev"` });
});

test('§3.6 only the first element of a list carries the paging fields, with the count as a number', async () => {
  const fields = ['metadata-count-total', 'metadata-previous-page', 'metadata-next-page'];
  for (const query of ['', '?limit=3', '?limit=3&offset=14']) {
    const [first, ...others] = (await page(query)).rows;
    expect(first!['metadata-count-total']).toBe(COUNT);
    for (const field of fields) {
      expect(first).toHaveProperty(field);
      for (const other of others) expect(other).not.toHaveProperty(field);
    }
  }
  const { body } = await archive.http.get(`${ARCHIVE}${keys[0]!}/`);
  for (const field of fields) expect(body).not.toHaveProperty(field);
});

test('§3.6 the count is that of all matches of the filters', async () => {
  const { rows } = await page(`?metadata-key=${keys[3]!}`);
  expect(rows[0]).toMatchObject({ 'metadata-count-total': 1, 'metadata-next-page': null });
});

test('§3.6 links repeat the filters, sorted by name, and lead through all pages once', async () => {
  const query =
    '?tool-name=pscheduler/iperf3&limit=7&event-type=throughput&input-source=a&input-source=ps1.example.net';
  const seen: string[] = [];
  const first = await page(query);
  expect(first.next).toBe(
    '?event-type=throughput&input-source=ps1.example.net&limit=7&offset=7&tool-name=pscheduler%2Fiperf3',
  );
  for (let at: Page | undefined = first; at; at = typeof at.next === 'string' ? await page(at.next) : undefined)
    seen.push(...at.keys);
  expect(seen).toEqual(keys);
});

test('§3.6 links keep what the URL needs escaped', async () => {
  const parameters = { 'a b&c': 'ä=&?#+ %' };
  for (const more of [{}, { second: '1' }]) await storeMetadata(archive, newMetadata([], { ...parameters, ...more }));
  const { next } = await page(`?${new URLSearchParams({ ...parameters, limit: '1' }).toString()}`);
  const { rows, previous } = await page(String(next));
  expect(rows).toMatchObject([parameters]);
  expect((await page(String(previous))).rows).toMatchObject([parameters]);
  await archive.query(`DELETE FROM metadata WHERE parameters ? 'a b&c'`);
});

describe('what is no page', () => {
  const NO_NUMBERS = ['0', '-1', 'abc', '', '1.5', '1e1', '0x10', 'null'];

  test.each(NO_NUMBERS)('§3.6 limit=%s falls back to 1500', async (limit) => {
    expect(await page(`?limit=${limit}&offset=1`)).toMatchObject({ keys: keys.slice(1), previous: '?limit=1500' });
  });

  test.each(NO_NUMBERS)('§3.6 offset=%s falls back to 0', async (offset) => {
    expect(await page(`?limit=5&offset=${offset}`)).toMatchObject({
      keys: keys.slice(0, 5),
      next: '?limit=5&offset=5',
      previous: null,
    });
  });

  test('§3.6 limits and offsets beyond 64 bits are capped', async () => {
    expect((await page('?limit=99999999999999999999')).keys).toEqual(keys);
    expect((await page('?offset=99999999999999999999')).keys).toEqual([]);
    expect((await page('?limit=9223372036854775807&offset=9223372036854775807')).keys).toEqual([]);
  });
});

test('§3.6 without a limit a page has 1500 elements', async () => {
  await archive.query(
    `INSERT INTO metadata (key, subject_type, source, measurement_agent, tool_name, input_source, parameters, identity)
     SELECT md5(i::text), 'network-element', '192.0.2.77', '192.0.2.77', 'many', '', '{}', sha256(i::text::bytea)
     FROM generate_series(1, 1501) AS i`,
  );
  const first = await page('?tool-name=many');
  expect(first.rows).toHaveLength(1500);
  expect(first.rows[0]!['metadata-count-total']).toBe(1501);
  expect(first.next).toBe('?limit=1500&offset=1500&tool-name=many');
  const second = await page(String(first.next));
  expect(second).toMatchObject({ previous: '?limit=1500&tool-name=many', next: null });
  expect(new Set([...first.keys, ...second.keys]).size).toBe(1501);
  expect((await page('?tool-name=many&limit=2000')).rows).toHaveLength(1501);
});

describe('a page larger than a default one', () => {
  const COUNT_OF_MANY = 4000;
  let path: string;
  beforeAll(async () => {
    await archive.query(
      `INSERT INTO metadata (key, subject_type, source, measurement_agent, tool_name, input_source, parameters, identity)
       SELECT md5('large' || i), 'network-element', '192.0.2.78', '192.0.2.78', 'large', 'n' || i,
              jsonb_build_object('text', 'ä"\n' || i), sha256(('large' || i)::bytea) FROM generate_series(1, $1) AS i`,
      [COUNT_OF_MANY],
    );
    path = `${ARCHIVE}?tool-name=large`;
  });

  const get = (query: string) => archive.http.get(`${path}${query}`).set('host', 'ma.example.net').expect(200);

  test.each([
    ['&limit=100000', 0, 4000, null],
    ['&limit=3999&offset=1', 1, 4000, null],
    ['&limit=2000&offset=10', 10, 2010, 2010],
    ['&limit=1501', 0, 1501, 1501],
  ])('§3.6 %s has the bytes of the pages of 1500 one after the other, and no ETag', async (query, begin, end, next) => {
    const rows: WireMetadata[] = [];
    for (let at = begin; at < end; at += 1500)
      rows.push(...((await get(`&limit=${Math.min(1500, end - at)}&offset=${at}`)).body as WireMetadata[]));
    const answer = await get(query);
    const limit = /limit=(\d+)/.exec(query)![1]!;
    const root = `http://ma.example.net${ARCHIVE}`;
    const nextPage = next && `${root}?limit=${limit}&offset=${next}&tool-name=large`;
    const previousPage = begin > 0 ? `${root}?limit=${limit}&tool-name=large` : null;
    const paging = ['metadata-count-total', 'metadata-previous-page', 'metadata-next-page'];
    const bare = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !paging.includes(name))));
    Object.assign(bare[0]!, {
      'metadata-count-total': COUNT_OF_MANY,
      'metadata-previous-page': previousPage,
      'metadata-next-page': nextPage,
    });
    expect(answer.text).toBe(JSON.stringify(bare));
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    expect(answer.headers.etag).toBeUndefined();
    expect(answer.headers.link?.includes('rel="next"') ?? false).toBe(next !== null);
  });

  test('a large limit that finds few is answered in one piece, with an ETag', async () => {
    const { headers } = await get('&limit=100000&input-source=n7');
    expect(headers.etag).toBeDefined();
    await archive.http
      .get(`${path}&limit=100000&input-source=n7`)
      .set('host', 'ma.example.net')
      .set('if-none-match', headers.etag!)
      .expect(304);
  });

  test('nobody comes twice, and all come who were there all the time, whatever else changes meanwhile', async () => {
    const { body } = await get('&limit=100000');
    const before = (body as WireMetadata[]).map((row) => row['metadata-key']);
    const answer = fetch(`${await archive.app.getUrl()}${path}&limit=100000`);
    const changes = archive.query(
      `WITH gone AS (DELETE FROM metadata WHERE tool_name = 'large' AND key > '8' AND key < 'c' RETURNING key)
       INSERT INTO metadata (key, subject_type, source, measurement_agent, tool_name, input_source, parameters, identity)
       SELECT md5('new' || i), 'network-element', '192.0.2.78', '192.0.2.78', 'large', '', '{}', sha256(('new' || i)::bytea)
       FROM generate_series(1, 2000) AS i`,
    );
    const after = ((await (await answer).json()) as WireMetadata[]).map((row) => row['metadata-key']);
    await changes;
    expect(new Set(after).size).toBe(after.length);
    expect(after).toEqual([...after].sort());
    const seen = new Set(after);
    // The limit may end the page before the last of the old ones, but not in the middle.
    const stayed = before.filter((key) => !(key > '8' && key < 'c'));
    expect(stayed.filter((key) => !seen.has(key) && key < after.at(-1)!)).toEqual([]);
  });
});
