import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata } from './support/builders.js';
import { type Ending, MARIGRAM, Program, until } from './support/process.js';

let archive: TestArchive;
let other: TestArchive;
beforeAll(async () => {
  archive = await startArchive({ TRUST_PROXY: 'loopback' });
  other = await archive.another();
  await expectDone(
    ...['network', 'add', 'site', '192.0.2.0/24', '2001:db8::/32', '::ffff:198.51.100.0/120', '--scope', 'write'],
  );
  await expectDone('network', 'add', 'reader', '192.0.2.64/26', '--scope', 'read');
  await expectDone('network', 'add', 'admin', '192.0.2.65', '--scope', 'admin');
  for (const server of [archive, other])
    await until(async () => (await statusFrom('192.0.2.65', 'delete', server)) === 404);
});
afterAll(async () => {
  await other.close();
  await archive.close();
});

function marigram(...args: string[]): Promise<Ending> {
  return new Program([...MARIGRAM, ...args], { DATABASE_URL: archive.databaseUrl }).ended;
}

async function expectDone(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await marigram(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** What a client behind the trusted proxy is answered that registers a metadata, or deletes one that is not there. */
async function statusFrom(
  forwarded: string,
  what: 'post' | 'delete' = 'post',
  server = archive,
  headers: Record<string, string> = {},
): Promise<number> {
  const request =
    what === 'post' ? server.http.post(ARCHIVE).send(newMetadata()) : server.http.delete(`${ARCHIVE}none`);
  return (await request.set({ 'x-forwarded-for': forwarded, ...headers })).status;
}

describe('a client without a key', () => {
  test.each([
    ['192.0.2.1', 201],
    ['2001:db8::1', 201],
    ['2001:DB8:0:1::1', 201],
    ['::ffff:192.0.2.1', 201],
    ['198.51.100.200', 201],
    ['192.0.3.1', 401],
    ['2001:db9::1', 401],
    ['garbage', 401],
    ['192.0.2.1:4711', 201],
    ['[2001:db8::1]:4711', 201],
    ['[2001:db8::1]', 201],
    ['192.0.2.1, 127.0.0.1:4711', 201],
    ['203.0.113.9, 192.0.2.1', 201],
    ['192.0.2.1, 203.0.113.9', 401],
  ])('behind the trusted proxy, forwarded for %s, is answered %i', async (address, status) => {
    expect(await statusFrom(address)).toBe(status);
  });

  test('acts by the most specific network, be its rights larger or smaller', async () => {
    expect(await statusFrom('192.0.2.63')).toBe(201);
    expect(await statusFrom('192.0.2.64')).toBe(403);
    expect(await statusFrom('192.0.2.64', 'delete')).toBe(403);
    expect(await statusFrom('192.0.2.65', 'delete')).toBe(404);
    expect(await statusFrom('192.0.2.63', 'delete')).toBe(403);
  });

  test('who shows a key that is none is refused all the same', async () => {
    for (const authorization of [`Token ${'f'.repeat(40)}`, 'Token', `Bearer ${'f'.repeat(40)}`])
      expect(await statusFrom('192.0.2.1', 'post', archive, { authorization })).toBe(401);
    expect(await statusFrom('192.0.2.1', 'post', archive, { 'x-api-key': 'none' })).toBe(401);
  });

  test('a valid key counts more than the network', async () => {
    expect(await statusFrom('192.0.2.64', 'post', archive, { authorization: archive.auth })).toBe(201);
  });

  test('is told of in the audit as the user of the network, with the address', async () => {
    const [row] = await archive.query(
      `SELECT username, api_key, host(address) AS address FROM audit WHERE action = 'metadata created'
       AND address = '2001:db8::1' LIMIT 1`,
    );
    expect(row).toEqual({ username: 'site', api_key: null, address: '2001:db8::1' });
  });
});

test('without a trusted proxy the forwarded address means nothing, and the own one counts', async () => {
  const direct = await startArchive();
  try {
    const add = (...args: string[]): Promise<Ending> =>
      new Program([...MARIGRAM, 'network', 'add', ...args], { DATABASE_URL: direct.databaseUrl }).ended;
    await add('site', '192.0.2.0/24');
    expect(await statusFrom('192.0.2.1', 'post', direct)).toBe(401);
    await add('local', '127.0.0.0/8', '--only', 'source=192.0.2.1');
    await expect.poll(() => statusFrom('192.0.2.1', 'post', direct)).toBe(201);
    const foreign = newMetadata(['throughput'], { source: '192.0.2.2' });
    const { body } = await direct.http.post(ARCHIVE).send(foreign).expect(403);
    expect(body.detail).toContain('the network of local may not write here: it is limited to source 192.0.2.1/32');
  } finally {
    await direct.close();
  }
});

describe('network list and remove', () => {
  test('the list is a table; what is removed is refused soon in every server', async () => {
    await expectDone('network', 'add', 'brief', '10.1.2.3/16', '--only', 'tool-name=x');
    const list = await expectDone('network', 'list');
    expect(list).toMatch(/^NETWORK +USER +SCOPE +CREATED +ONLY\n/);
    expect(list).toMatch(/^10\.1\.0\.0\/16 +brief +write +\S+ \S+Z +tool-name=x$/m);
    expect(list).toMatch(/^198\.51\.100\.0\/24 +site /m);
    for (const server of [archive, other]) {
      const status = (): Promise<number> => statusFrom('10.1.9.9', 'post', server);
      await expect.poll(status).toBe(403);
    }
    await expectDone('network', 'remove', '10.1.0.0/16');
    for (const server of [archive, other]) await expect.poll(() => statusFrom('10.1.9.9', 'post', server)).toBe(401);
  });

  test('what is not there can not be removed, and what is no range not be added', async () => {
    const gone = await marigram('network', 'remove', '10.9.0.0/16');
    expect(gone.stderr).toBe('marigram: There is no network 10.9.0.0/16: see "marigram network list".\n');
    const bad = await marigram('network', 'add', 'site', '10.0.0.0/33');
    expect(bad.stderr).toContain('such as 192.0.2.0/24');
    expect([gone.code, bad.code]).toEqual([1, 1]);
  });
});
