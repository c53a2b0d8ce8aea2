import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageCounters } from '../src/audit/usage-counters.js';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, readAll, register } from './support/builders.js';
import { type Ending, MARIGRAM, Program } from './support/process.js';

let archive: TestArchive;
/** Another server on the same database. */
let other: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
  other = await archive.another();
});
afterAll(async () => {
  await other.close();
  await archive.close();
});

function marigram(...args: string[]): Promise<Ending> {
  return new Program([...MARIGRAM, ...args], { DATABASE_URL: archive.databaseUrl }).ended;
}

/** Issues a key by the command line. */
async function issue(...args: string[]): Promise<{ id: string; key: string }> {
  const { stdout, stderr } = await marigram('key', 'issue', ...args);
  const [, id = ''] = /Issued key (\d+)/.exec(stdout) ?? [];
  const [, key = ''] = /^Key: ([0-9a-f]{40})$/m.exec(stdout) ?? [];
  expect(key, stderr).not.toBe('');
  return { id, key };
}

function tryToWrite(key: string, body: object = newMetadata(), server = archive) {
  return server.http.post(ARCHIVE).set('authorization', `Token ${key}`).send(body);
}

async function refusedSoon(key: string): Promise<void> {
  for (const server of [archive, other])
    await expect.poll(async () => (await tryToWrite(key, newMetadata(), server)).status).toBe(401);
}

/** The line of a key in the list. */
async function lineOf(id: string): Promise<string> {
  const { stdout } = await marigram('key', 'list');
  return stdout.split('\n').find((line) => line.startsWith(`${id} `)) ?? '';
}

describe('expiry', () => {
  test('a key works until it expires, in every server, and is refused from then on', async () => {
    const { key } = await archive.app.get(ApiKeyService).issue('brief', 'write', { expiry: { after: 3 } });
    await tryToWrite(key).expect(201);
    await tryToWrite(key, newMetadata(), other).expect(201);
    await refusedSoon(key);
    const [row] = await archive.query<{ late: boolean }>(
      `SELECT expires < clock_timestamp() AS late FROM api_key WHERE username = 'brief'`,
    );
    expect(row?.late).toBe(true);
  });

  test('the list shows when a key expires, and that it has', async () => {
    const { id } = await issue('dated', '--scope', 'read', '--expires', '2099-01-31');
    expect(await lineOf(id)).toMatch(/^\d+ +dated +read +\S+ \S+Z +2099-01-31 00:00:00Z +- +- +- +works$/);
    await archive.query('UPDATE api_key SET expires = now() WHERE id = $1', [id]);
    expect(await lineOf(id)).toMatch(/ expired$/);
  });

  test('the list fits the terminal, and is JSON where that is asked for', async () => {
    const { id } = await issue('listed', '--only', 'source=2001:db8::/32', '--expires', '2099-01-31');
    const { stdout } = await new Program([...MARIGRAM, 'key', 'list'], {
      ...{ DATABASE_URL: archive.databaseUrl, COLUMNS: '80' },
    }).ended;
    expect(Math.max(...stdout.split('\n').map((line) => line.length)), stdout).toBeLessThanOrEqual(80);
    expect(stdout).toContain('2099-01-31 00:00:00Z');
    const list = JSON.parse((await marigram('key', 'list', '--output', 'json')).stdout) as { id: number }[];
    const row = list.find((one) => one.id === Number(id));
    expect(row).toMatchObject({ username: 'listed', scope: 'write', expires: '2099-01-31T00:00:00.000Z', works: true });
    expect(JSON.stringify(list)).not.toMatch(/digest|[0-9a-f]{40}/);
  });

  test.each([
    ['2020-01-01', 'past'],
    ['soon', '2027-01-01'],
    ['2027-02-31x', '2027-01-01'],
    ['90', '2027-01-01'],
  ])('--expires %s is refused', async (when, text) => {
    const { code, stderr } = await marigram('key', 'issue', 'nobody', '--expires', when);
    expect(stderr).toContain(text);
    expect(code).toBe(1);
  });
});

describe('rotation', () => {
  test('both keys work during the overlap; then the old one ends, and the new one has its rights', async () => {
    const limit = 'source=192.0.2.0/24';
    const old = await issue('rotating', '--only', limit, '--expires', '30d');
    const { stdout } = await marigram('key', 'rotate', old.id, '--overlap', '1h');
    const [, id = ''] = /Issued key (\d+) to rotating in place of key/.exec(stdout) ?? [];
    const [, key = ''] = /^Key: (.*)\n$/m.exec(stdout) ?? [];
    for (const one of [old.key, key]) {
      await tryToWrite(one).expect(201);
      await tryToWrite(one, newMetadata(['throughput'], { source: '198.51.100.1' })).expect(403);
    }
    expect(await lineOf(old.id)).toMatch(new RegExp(`works, replaced by ${id}$`));
    expect(await lineOf(id)).toContain(limit);
    const [life] = await archive.query<{ days: number }>(
      `SELECT extract(epoch FROM expires - now())::float8 / 86400 AS days FROM api_key WHERE id = $1`,
      [id],
    );
    expect(life?.days).toBeCloseTo(30, 1);
    await archive.query(`UPDATE api_key SET expires = now() WHERE id = $1`, [old.id]);
    await refusedSoon(old.key);
    await tryToWrite(key).expect(201);
  });

  test('an overlap makes no key live longer', async () => {
    const { id } = await issue('short', '--expires', '1h');
    const { stdout } = await marigram('key', 'rotate', id, '--overlap', '7d', '--expires', 'never');
    const [old] = await archive.query<{ soon: boolean }>(
      `SELECT expires < now() + interval '1 hour' AS soon FROM api_key WHERE id = $1`,
      [id],
    );
    expect(old?.soon).toBe(true);
    const successor = /Issued key (\d+)/.exec(stdout)?.[1] ?? '';
    expect(await archive.query('SELECT expires FROM api_key WHERE id = $1', [successor])).toEqual([{ expires: null }]);
  });

  test('a key that does not work any more is not rotated', async () => {
    const { id } = await issue('gone');
    expect((await marigram('key', 'revoke', id)).stdout).toBe(`Revoked key ${id} of gone.\n`);
    for (const what of ['rotate', 'revoke']) {
      const { code, stderr } = await marigram('key', what, id);
      expect(stderr).toBe(`marigram: There is no working key ${id}: see "marigram key list".\n`);
      expect(code).toBe(1);
    }
  });
});

describe('revocation', () => {
  test('is effective soon in every server, also while the key is in use', async () => {
    const { id, key } = await issue('leaked');
    await tryToWrite(key).expect(201);
    await tryToWrite(key, newMetadata(), other).expect(201);
    await marigram('key', 'revoke', id);
    const revoked = Date.now();
    await refusedSoon(key);
    expect(Date.now() - revoked).toBeLessThan(15_000);
    expect(await lineOf(id)).toMatch(/revoked \S+ \S+Z$/);
  });
});

describe('last used', () => {
  test('is stored in batches and at the end of a server, with the address, and never moves back', async () => {
    const { id, key } = await issue('used');
    expect(await lineOf(id)).toMatch(/ - +- +- +works$/);
    await tryToWrite(key).expect(201);
    // No write for each request.
    expect(await archive.query('SELECT last_used FROM api_key WHERE id = $1', [id])).toEqual([{ last_used: null }]);
    await archive.app.get(UsageCounters).flush();
    expect(await lineOf(id)).toMatch(/\d\d:\d\d:\d\dZ +127\.0\.0\.1 +- +works$/);

    const third = await archive.another();
    const before = await usedAt(id);
    await tryToWrite(key, newMetadata(), third).expect(201);
    await third.close();
    const after = await usedAt(id);
    expect(after.getTime()).toBeGreaterThan(before.getTime());

    await archive.query(`UPDATE api_key SET last_used = now() + interval '1 day' WHERE id = $1`, [id]);
    const ahead = await usedAt(id);
    await tryToWrite(key).expect(201);
    await archive.app.get(UsageCounters).flush();
    expect(await usedAt(id)).toEqual(ahead);
  });

  async function usedAt(id: string): Promise<Date> {
    const [row] = await archive.query<{ at: Date }>('SELECT last_used AS at FROM api_key WHERE id = $1', [id]);
    return row?.at ?? new Date(0);
  }
});

describe('a limited key', () => {
  const mine = newMetadata(['throughput'], { source: '192.0.2.7', 'measurement-agent': '2001:db8::7' });
  let key: string;
  let own: string;
  let foreign: string;
  beforeAll(async () => {
    const only = ['source=192.0.2.0/25', 'source=203.0.113.1', 'measurement-agent=2001:db8::/32', 'tool-name=MyTool'];
    const options = only.flatMap((one) => ['--only', one]);
    key = (await issue('site', '--scope', 'admin', ...options)).key;
    own = (await tryToWrite(key, { ...mine, 'tool-name': 'mytool' }).expect(201)).body.uri;
    foreign = await register(archive, 'throughput');
  });

  test.each([
    ['source', '192.0.2.128'],
    ['source', '203.0.113.2'],
    ['source', '2001:db8::7'],
    ['measurement-agent', '2001:db9::7'],
    ['measurement-agent', '192.0.2.7'],
    ['tool-name', 'othertool'],
  ])('does not register metadata with %s %s, and says why', async (field, value) => {
    const before = await archive.query('SELECT FROM metadata');
    const { body } = await tryToWrite(key, { ...mine, 'tool-name': 'mytool', [field]: value }).expect(403);
    expect(body.detail).toContain('the API key of site may not write here: it is limited to');
    expect(body.detail).toContain(`this metadata has ${field} ${value}`);
    expect(await archive.query('SELECT FROM metadata')).toHaveLength(before.length);
  });

  test('takes any of the values of a field', async () => {
    await tryToWrite(key, { ...mine, 'tool-name': 'MYTOOL', source: '203.0.113.1' }).expect(201);
    await tryToWrite(key, { ...mine, 'tool-name': 'mytool', 'measurement-agent': '2001:DB8:0::1' }).expect(201);
  });

  const point = { ts: 60, val: 1 };
  const values = [{ 'event-type': 'throughput', val: 1 }];

  test('stores, deletes and reads its own points', async () => {
    const auth = { authorization: `Token ${key}` };
    await archive.http.post(`${own}throughput/base`).set(auth).send(point).expect(201);
    await archive.http
      .put(own)
      .set(auth)
      .send({ data: [{ ts: 61, val: values }] })
      .expect(201);
    expect(await readAll(archive, own, 'throughput')).toHaveLength(2);
    await archive.http.delete(`${own}throughput/base`).set(auth).expect(200);
    await archive.http.get(foreign).set(auth).expect(200);
  });

  test('neither stores nor deletes points of others', async () => {
    const auth = { authorization: `Token ${key}` };
    const requests = [
      archive.http.post(`${foreign}throughput/base`).send(point),
      archive.http.put(foreign).send({ data: [{ ts: 61, val: values }] }),
      archive.http.delete(`${foreign}throughput/base`),
      archive.http.delete(`${foreign}throughput`),
      archive.http.delete(foreign),
    ];
    for (const request of requests) {
      const { body } = await request.set(auth).expect(403);
      expect(body.detail).toContain('may not write to metadata');
      expect(body.detail).toContain(
        'it is limited to tool-name MyTool, and this metadata has tool-name pscheduler/iperf3',
      );
    }
    expect(await readAll(archive, foreign, 'throughput')).toEqual([]);
    await archive.http.get(foreign).expect(200);
  });

  test('a bulk of many metadata is stored only if all are its own', async () => {
    const auth = { authorization: `Token ${key}` };
    const item = (uri: string, ts: number) => ({ 'metadata-key': uri.split('/').at(-2), ts, val: values });
    await archive.http
      .put(ARCHIVE)
      .set(auth)
      .send({ data: [item(own, 100), item(foreign, 100)] })
      .expect(403);
    expect(await readAll(archive, own, 'throughput')).toEqual([]);
    await archive.http
      .put(ARCHIVE)
      .set(auth)
      .send({ data: [item(own, 100), item(own, 101)] })
      .expect(201);
    expect(await readAll(archive, own, 'throughput')).toHaveLength(2);
  });

  test.each([
    ['colour=red', 'There is no field colour to limit by, only source, destination'],
    ['destination=nowhere', 'destination: expected an address or a range'],
    ['source=192.0.2.0/33', 'source: expected an address or a range'],
    ['source', 'Expected FIELD=VALUE'],
  ])('--only %s is refused', async (only, text) => {
    const { code, stderr } = await marigram('key', 'issue', 'site', '--only', only);
    expect(stderr).toContain(text);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});
