import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuditJob } from '../src/audit/audit.job.js';
import { UsageCounters } from '../src/audit/usage-counters.js';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { Policies } from '../src/retention/policy.js';
import { RetentionService } from '../src/retention/retention.service.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, postPoint, putPoints, register } from './support/builders.js';
import { summarized } from './support/metadata.js';
import { type Ending, MARIGRAM, Program } from './support/process.js';

let archive: TestArchive;
let admin: { id: number; key: string };
beforeAll(async () => {
  archive = await startArchive({ AUDIT_RETENTION: '30' });
  admin = await archive.app.get(ApiKeyService).issue('boss', 'admin');
});
afterAll(() => archive.close());

function marigram(...args: string[]): Promise<Ending> {
  return new Program([...MARIGRAM, ...args], { DATABASE_URL: archive.databaseUrl }).ended;
}

/** What the command prints with `--output json`. */
async function rows(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await marigram('audit', ...args, '--output', 'json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>[];
}

function keyOf(uri: string): string {
  return uri.split('/').at(-2) ?? '';
}

const asAdmin = () => ({ authorization: `Token ${admin.key}` });

describe('changes', () => {
  test('tell of a metadata from its first registration to its deletion, by whom and from where', async () => {
    const body = newMetadata(['throughput', 'failures']);
    const post = (event: object) => archive.http.post(ARCHIVE).set(asAdmin()).send(event).expect(201);
    const uri = (await post(body)).body.uri as string;
    await post(body); // what changes nothing is not told of
    const more = summarized('packet-rtt', ['average', 60]);
    await post({ ...body, 'event-types': [{ 'event-type': 'throughput' }, more] });
    await postPoint(archive, uri, 'throughput', { ts: 60, val: 1 }).expect(201);
    await archive.http.delete(`${uri}throughput/base?time-start=0&time-end=100`).set(asAdmin()).expect(200);
    await archive.http.delete(`${uri}failures`).set(asAdmin()).expect(200);
    await archive.http.delete(uri).set(asAdmin()).expect(200);
    await archive.http.delete(uri).set(asAdmin()).expect(404);

    const found = await rows('--metadata', keyOf(uri));
    expect(found.map(({ action, details }) => [action, details])).toEqual([
      [
        'metadata created',
        {
          source: '192.0.2.1',
          destination: '192.0.2.2',
          eventTypes: ['failures', 'throughput'],
          summaries: [],
        },
      ],
      ['metadata extended', { eventTypes: ['packet-rtt'], summaries: ['packet-rtt average 60'] }],
      [
        'points deleted',
        { eventType: 'throughput', points: 1, from: expect.stringContaining('1970'), to: expect.any(String) },
      ],
      ['event type deleted', { eventType: 'failures', points: 0 }],
      ['metadata deleted', { points: 0 }],
    ]);
    for (const row of found)
      expect(row).toMatchObject({ username: 'boss', apiKey: admin.id, address: '127.0.0.1', target: keyOf(uri) });
  });

  test('what was refused or rolled back is not told of', async () => {
    const before = await rows();
    await archive.http.post(ARCHIVE).send(newMetadata()).expect(401);
    await archive.http.post(ARCHIVE).set('authorization', archive.auth).send({}).expect(400);
    const many = Array.from({ length: 101 }, (_, index) => ['average', index + 1] as const);
    const tooMany = newMetadata([summarized('throughput', ...many)]);
    await archive.http.post(ARCHIVE).set('authorization', archive.auth).send(tooMany).expect(400);
    expect(await rows()).toEqual(before);
  });

  test('tell of keys and networks, and of what the command line deletes, by its user', async () => {
    await marigram('key', 'issue', 'audited', '--only', 'source=192.0.2.1');
    const [id] = await archive.query<{ id: number }>(`SELECT id FROM api_key WHERE username = 'audited'`);
    await marigram('key', 'rotate', String(id?.id));
    await marigram('key', 'revoke', String(id?.id));
    await marigram('network', 'add', 'audited', '10.0.0.0/8');
    await marigram('network', 'remove', '10.0.0.0/8');
    const uri = await register(archive, 'throughput');
    await marigram('delete', `metadata-key=${keyOf(uri)}`, '--yes');
    const found = (await rows('--since', '1h')).filter(({ username }) => String(username).startsWith('cli:'));
    expect(found.map(({ action, target }) => [action, target]).slice(-6)).toEqual([
      ['key issued', String(id?.id)],
      ['key rotated', String(id?.id)],
      ['key revoked', String(id?.id)],
      ['network added', '10.0.0.0/8'],
      ['network removed', '10.0.0.0/8'],
      ['metadata deleted', keyOf(uri)],
    ]);
    expect(JSON.stringify(found)).not.toMatch(/digest|[0-9a-f]{40}/);
  });

  test('tell of retention, and of what it removes', async () => {
    const uri = await register(archive, 'ntp-offset');
    await archive.query(`UPDATE metadata SET created = now() - interval '9 days' WHERE key = $1`, [keyOf(uri)]);
    const policy = { eventType: 'ntp-offset', summaryType: 'base', window: 0, expire: 1 } as const;
    await archive.app.get(RetentionService).run(new Policies([policy]));
    expect(await rows('--user', 'retention')).toMatchObject([
      { action: 'metadata deleted', target: keyOf(uri) },
      { action: 'retention run', details: { metadata: 1, points: 0 } },
    ]);
  });

  test('are printed as a table, and filtered by time and user', async () => {
    const { stdout } = await marigram('audit', '--user', 'boss');
    expect(stdout).toMatch(/^TIME +WHO +FROM +WHAT +WHICH +DETAILS\n/);
    expect(stdout).toMatch(
      new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\S+Z +boss \\(key ${admin.id}\\) +127\\.0\\.0\\.1 +metadata created`, 'm'),
    );
    expect(await rows('--since', '2999-01-01')).toEqual([]);
    expect((await rows('--limit', '2')).length).toBe(2);
    expect((await marigram('audit', '--since', 'lately')).stderr).toContain('24h or 30d');
    expect((await marigram('audit', '--user', 'nobody')).stdout).toBe('There is nothing.\n');
  });
});

describe('counts', () => {
  test('how much was written with each key, by the hour', async () => {
    const uri = await register(archive, 'throughput');
    const { id, key } = await archive.app.get(ApiKeyService).issue('writer', 'write');
    const auth = `Token ${key}`;
    await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).set('authorization', auth).expect(201);
    const points = [2, 3, 4].map((ts) => ({ ts, val: ts }));
    for (const status of [201, 409])
      await putPoints(archive, uri, 'throughput', points).set('authorization', auth).expect(status);
    await archive.app.get(UsageCounters).flush();
    const [row, ...more] = await rows('writes', '--user', 'writer');
    expect(row).toMatchObject({ username: 'writer', apiKey: id, requests: 2, points: 4 });
    expect(await rows('writes', '--user', 'writer', '--since', '-1h')).toEqual([row, ...more]);
    expect(await rows('writes', '--user', 'writer', '--since', '2100-01-01')).toEqual([]);
    expect(more.length).toBeLessThan(2); // where the hour has just changed
  });

  test('which points were dropped, why, and who sent them', async () => {
    const uri = await register(archive, 'throughput');
    await archive.query(
      `UPDATE series SET base_cut_off = to_timestamp(1000), version = version + 1
       WHERE metadata = (SELECT id FROM metadata WHERE key = $1)`,
      [keyOf(uri)],
    );
    const { key } = await archive.app.get(ApiKeyService).issue('careless', 'write');
    const auth = `Token ${key}`;
    for (const ts of [1, 2, 2000])
      for (const type of ['throughput', 'packet-rtt'])
        await postPoint(archive, uri, type, { ts, val: 1 }).set('authorization', auth).expect(201);
    // Nothing is written for each request.
    expect(await archive.query('SELECT FROM dropped_points')).toEqual([]);
    await archive.app.get(UsageCounters).flush();
    await postPoint(archive, uri, 'packet-rtt', { ts: 3, val: 1 }).set('authorization', auth).expect(201);
    await archive.app.get(UsageCounters).flush();
    const found = await rows('dropped', '--metadata', keyOf(uri));
    const by = { metadata: keyOf(uri), username: 'careless', address: '127.0.0.1' };
    expect(found.sort((a, b) => Number(a['points']) - Number(b['points']))).toMatchObject([
      { ...by, eventType: 'throughput', reason: 'older than retention keeps', points: 2 },
      { ...by, eventType: 'packet-rtt', reason: 'event type not registered', points: 4 },
    ]);
    const { stdout } = await marigram('audit', 'dropped', '--user', 'careless');
    expect(stdout).toMatch(/^METADATA +EVENT TYPE +REASON +POINTS +FIRST +LAST +LAST FROM +ADDRESS\n/);
    expect(stdout).toMatch(/packet-rtt +event type not registered +4 .* careless \(key \d+\) +127\.0\.0\.1$/m);
  });

  test('what can not be stored is stored later', async () => {
    const uri = await register(archive, 'throughput');
    const { key } = await archive.app.get(ApiKeyService).issue('patient', 'write');
    const post = (ts: number, type: string) =>
      postPoint(archive, uri, type, { ts, val: 1 }).set('authorization', `Token ${key}`).expect(201);
    const tallies = archive.app.get(UsageCounters);
    await post(1, 'throughput');
    await post(1, 'failures');
    await archive.query('ALTER TABLE dropped_points RENAME TO elsewhere');
    await expect(tallies.flush()).rejects.toThrow('dropped_points');
    await post(2, 'throughput');
    await post(2, 'failures');
    await archive.query('ALTER TABLE elsewhere RENAME TO dropped_points');
    await tallies.flush();
    expect(await rows('writes', '--user', 'patient')).toMatchObject([{ requests: 2, points: 2 }]);
    expect(await rows('dropped', '--user', 'patient')).toMatchObject([{ points: 2 }]);
  });
});

test('what is older than AUDIT_RETENTION leaves', async () => {
  const old = `now() - interval '31 days'`;
  await archive.query(
    `INSERT INTO audit (time, username, action, details) VALUES (${old}, 'ancient', 'key issued', '{}')`,
  );
  await archive.query(`INSERT INTO write_count VALUES (${old}, 'ancient', 1, 1, 1)`);
  await archive.query(`INSERT INTO dropped_points VALUES ('m', 'e', 'r', 1, ${old}, ${old}, 'ancient', NULL, NULL)`);
  const before = await archive.query('SELECT FROM audit');
  await archive.app.get(AuditJob).run();
  expect(await archive.query('SELECT FROM audit')).toHaveLength(before.length - 1);
  for (const table of ['audit', 'write_count', 'dropped_points'])
    expect(await archive.query(`SELECT FROM ${table} WHERE username = 'ancient'`)).toEqual([]);
});
