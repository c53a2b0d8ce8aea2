import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HostMatch, type Lookup } from '../../src/search/host-match.js';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { newMetadata } from '../support/builders.js';
import { newElement, storeMetadata } from '../support/metadata.js';

/** The tests name each metadata by its tool. */
const BODIES: object[] = [
  newMetadata([], { 'tool-name': 'v4', source: '192.0.2.1', 'measurement-agent': '192.0.2.1' }),
  newMetadata([], { 'tool-name': 'v6', source: '2001:db8::1', destination: '2001:db8::2' }),
  newElement({ 'tool-name': 'element', source: '192.0.2.1', 'measurement-agent': '2001:db8::1' }),
  newMetadata([], { 'tool-name': 'other', source: '198.51.100.7', destination: '192.0.2.1' }),
];

const HOSTS: Record<string, Partial<Record<4 | 6, string>>> = {
  both: { 4: '192.0.2.1', 6: '2001:db8::1' },
  'v4.example.net': { 4: '192.0.2.1' },
  'v6.example.net': { 6: '2001:DB8:0::1' },
  elsewhere: { 4: '203.0.113.1', 6: '2001:db8::1' },
};

let archive: TestArchive;
let asked: string[] = [];
beforeAll(async () => {
  archive = await startArchive();
  for (const body of BODIES) await storeMetadata(archive, body);
});
afterAll(() => archive.close());

// The look-up of a machine that knows HOSTS and nothing else.
const lookup: Lookup = (host, family) => {
  asked.push(`${host} ${family}`);
  const address = HOSTS[host.replace(/^new-\d+-/, '')]?.[family];
  return address === undefined ? Promise.reject(new Error(`ENOTFOUND ${host}`)) : Promise.resolve(address);
};
beforeEach(() => {
  asked = [];
  archive.app.get(HostMatch).lookup = lookup;
});

let count = 0;
/** Another name for a host, which no search has asked for. */
const fresh = (host: string): string => `new-${++count}-${host}`;

/** The tools of the metadata that a search finds, or its status where that is not 200. */
async function find(query: Record<string, string>): Promise<string | number> {
  const { status, body } = await archive.http.get(ARCHIVE).query(query);
  if (status !== 200) return status;
  const tools = (body as Record<string, string>[]).map((metadata) => metadata['tool-name']!);
  return tools.sort().join(' ');
}

const ruled = (rule: string | null): Record<string, string> => (rule === null ? {} : { 'dns-match-rule': rule });

test('a source without an address is found by its name, whatever its case, and what has an address still is', async () => {
  for (const [tool, source] of [
    ['web', 'web01'],
    ['rack', 'Rack 3, top'],
    ['named', 'v4.example.net'],
  ])
    await storeMetadata(archive, newElement({ 'tool-name': tool, source, 'test-number': 'named' }));
  expect(await find({ source: 'web01' })).toBe('web');
  expect(await find({ source: 'WEB01' })).toBe('web');
  expect(await find({ source: 'rack 3, TOP' })).toBe('rack');
  expect(await find({ source: 'v4.example.net' })).toBe('element named v4');
  expect(await find({ source: 'web02' })).toBe(400);
  expect(await find({ destination: 'web01' })).toBe(400);
  expect(await find({ source: 'web01', 'dns-match-rule': 'v5' })).toBe(400);
  const { body } = await archive.http.get(ARCHIVE).query({ source: 'rack 3, top' }).expect(200);
  expect(body).toMatchObject([{ source: 'Rack 3, top', 'subject-type': 'network-element' }]);
  // The same by identity: letters count as in all fields.
  const again = await archive.http
    .post(ARCHIVE)
    .set('authorization', archive.auth)
    .send(newElement({ 'tool-name': 'web', source: 'WEB01', 'test-number': 'named' }));
  expect([again.status, again.body.source]).toEqual([201, 'web01']);
  await archive.query(`DELETE FROM metadata WHERE parameters @> '{"test-number": "named"}'`);
});

test.each([
  [null, 'both', 'element v4 v6'],
  ['v4v6', 'both', 'element v4 v6'],
  ['only-v4', 'both', 'element v4'],
  ['only-v6', 'both', 'v6'],
  ['prefer-v4', 'both', 'element v4'],
  ['prefer-v6', 'both', 'v6'],
  [null, 'v4.example.net', 'element v4'],
  ['only-v4', 'v4.example.net', 'element v4'],
  ['only-v6', 'v4.example.net', 400],
  ['prefer-v4', 'v4.example.net', 'element v4'],
  ['prefer-v6', 'v4.example.net', 'element v4'],
  [null, 'v6.example.net', 'v6'],
  ['only-v4', 'v6.example.net', 400],
  ['only-v6', 'v6.example.net', 'v6'],
  ['prefer-v4', 'v6.example.net', 'v6'],
  ['prefer-v6', 'v6.example.net', 'v6'],
  ['prefer-v4', 'elsewhere', ''],
  ['prefer-v6', 'elsewhere', 'v6'],
  ['v4v6', 'elsewhere', 'v6'],
  [null, '192.0.2.1', 'element v4'],
  ['only-v4', '192.0.2.1', 'element v4'],
  ['only-v6', '192.0.2.1', 400],
  ['prefer-v6', '192.0.2.1', 'element v4'],
  ['only-v4', '2001:db8::1', 400],
  ['only-v6', '2001:DB8:0:0::1', 'v6'],
  ['prefer-v4', '2001:db8::1', 'v6'],
  ['only-v4', '::ffff:192.0.2.1', 'element v4'],
])('§3.3 under the rule %s the source %s finds: %s', async (rule, source, found) => {
  expect(await find({ source, ...ruled(rule) })).toBe(found);
});

test.each([null, 'v4v6', 'only-v4', 'only-v6', 'prefer-v4', 'prefer-v6'])(
  '§3.3 a host without an address is 400 under the rule %s',
  async (rule) => {
    expect(await find({ source: 'unknown.example.net', ...ruled(rule) })).toBe(400);
  },
);

test('§3.3 names work in all three address fields, and each is looked up', async () => {
  expect(await find({ destination: 'both' })).toBe('other');
  expect(await find({ 'measurement-agent': 'both' })).toBe('element other v4 v6');
  expect(await find({ 'measurement-agent': 'v6.example.net' })).toBe('element');
  expect(await find({ source: 'both', 'measurement-agent': 'v6.example.net' })).toBe('element');
  expect(await find({ source: 'both', destination: 'unknown.example.net' })).toBe(400);
});

test('§3.3 a range, a wildcard, an empty text or a half address is 400 and never looked up', async () => {
  const texts = ['192.0.2.0/24', '2001:db8::/32', '192.0.2.*', '', ' ', '192.0.2', '3221225985', 'a b', 'http://both/'];
  for (const field of ['source', 'destination', 'measurement-agent'])
    for (const text of [...texts, 'fe80::1%eth0', 'x'.repeat(300)])
      expect(await find({ [field]: text }), `${field}=${text}`).toBe(400);
  expect(asked).toEqual([]);
});

describe('the rule', () => {
  const UNKNOWN = ['', 'v4', 'Only-V4', 'v6-only', 'toString', '__proto__'];

  test.each(UNKNOWN)('§3.3 "%s" is 400 with an address filter', async (rule) => {
    for (const field of ['source', 'destination', 'measurement-agent'])
      expect(await find({ [field]: '192.0.2.1', 'dns-match-rule': rule })).toBe(400);
  });

  test.each(UNKNOWN)('§3.3 "%s" is ignored without one', async (rule) => {
    expect(await find({ 'dns-match-rule': rule })).toBe('element other v4 v6');
    expect(await find({ 'tool-name': 'v4', 'dns-match-rule': rule })).toBe('v4');
  });
});

describe('look-ups', () => {
  test.each([
    ['v4v6', 'both', [4, 6]],
    ['only-v4', 'both', [4]],
    ['only-v6', 'both', [6]],
    ['prefer-v4', 'both', [4]],
    ['prefer-v6', 'both', [6]],
    ['prefer-v4', 'v6.example.net', [4, 6]],
    ['prefer-v6', 'v4.example.net', [6, 4]],
  ])('§3.3 the rule %s asks for %s in the families %j', async (rule, host, families) => {
    const source = fresh(host);
    await find({ source, 'dns-match-rule': rule });
    expect(asked).toEqual(families.map((family) => `${source} ${family}`));
  });

  test('§3.3 their answers are kept, whether there is an address or not', async () => {
    for (const host of [fresh('v4.example.net'), fresh('nowhere.example.net')]) {
      const first = await find({ source: host });
      expect(asked.splice(0).sort()).toEqual([`${host} 4`, `${host} 6`]);
      expect(await find({ source: host.toUpperCase() })).toBe(first);
      expect(await find({ source: host })).toBe(first);
      expect(asked).toEqual([]);
    }
  });

  test('§3.3 literal addresses and input-source, input-destination are never looked up', async () => {
    await find({ source: '192.0.2.1', destination: '2001:db8::2' });
    expect(await find({ 'input-source': 'both', 'input-destination': 'v4.example.net' })).toBe('');
    expect(asked).toEqual([]);
  });

  test('§3.3 those who ask for the same host at a time share one', async () => {
    const source = fresh('both');
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    archive.app.get(HostMatch).lookup = async (host, family) => {
      const found = lookup(host, family);
      await answered;
      return found;
    };
    const found = Array.from({ length: 10 }, () => find({ source }));
    await expect.poll(() => asked.length).toBeGreaterThan(0);
    answer();
    expect(new Set(await Promise.all(found))).toEqual(new Set(['element v4 v6']));
    expect(asked.sort()).toEqual([`${source} 4`, `${source} 6`]);
  });

  test.each(['EAI_AGAIN', 'EAI_FAIL'])('§3.3 where the resolver fails (%s) it is 503, and not kept', async (code) => {
    const source = fresh('both');
    archive.app.get(HostMatch).lookup = () => Promise.reject(Object.assign(new Error('no'), { code }));
    const { headers, body } = await archive.http.get(ARCHIVE).query({ source }).expect(503);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body.detail).toContain(source);
    archive.app.get(HostMatch).lookup = lookup;
    expect(await find({ source })).toBe('element v4 v6');
  });

  test('§3.3 one that is not answered in time is 503, and only so many wait for the resolver', async () => {
    let count = 0;
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    archive.app.get(HostMatch).lookup = async (host, family) => {
      count++;
      await answered;
      return lookup(host, family);
    };
    const found = await Promise.all(Array.from({ length: 120 }, () => find({ source: fresh('both') })));
    expect(new Set(found)).toEqual(new Set([503]));
    expect(count).toBe(100);
    answer();
    await expect.poll(() => find({ source: fresh('both') })).toBe('element v4 v6');
  });
});
