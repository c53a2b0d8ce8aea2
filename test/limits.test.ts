import { once } from 'node:events';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { KeyStore } from '../src/storage/access/key-store.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, putPoints, readAll, register } from './support/builders.js';

let archive: TestArchive;

/** A PUT whose body is sent when the test says so. */
class Upload {
  /** The status of the answer, and what it says. */
  readonly answer: Promise<{ status: number; text: string; headers: Record<string, unknown> }>;
  private readonly request: ClientRequest;

  constructor(server: TestArchive, key: string, headers: Record<string, string | number>) {
    this.request = httpRequest(new URL(server.http.put(ARCHIVE).url), {
      method: 'PUT',
      headers: { authorization: key, 'content-type': 'application/json', ...headers },
    });
    this.request.flushHeaders();
    this.answer = new Promise((resolve, reject) => {
      this.request.on('error', reject);
      this.request.on('response', (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
        });
      });
    });
    // A test may not wait for it.
    this.answer.catch(() => undefined);
  }

  send(text: string): void {
    this.request.write(text);
  }

  end(): void {
    this.request.end();
  }

  breakOff(): void {
    this.request.destroy();
  }
}

describe('rate limits', () => {
  beforeAll(async () => {
    archive = await startArchive({ RATE_LIMIT: '4', RATE_LIMIT_ADDRESS: '6', TRUST_PROXY: 'loopback' });
  });
  afterAll(() => archive.close());

  const from = (address: string) => ({ 'x-forwarded-for': address });

  test('of a key: 429 with Retry-After beyond it, counted for each key alone', async () => {
    const key = await archive.issueKey('write');
    for (let left = 3; left >= 0; left--) {
      const { headers } = await archive.http.post(ARCHIVE).set('authorization', key).send(newMetadata()).expect(201);
      expect(headers['ratelimit-limit']).toBe('4');
      expect(headers['ratelimit-remaining']).toBe(String(left));
      expect(Number(headers['ratelimit-reset'])).toBeGreaterThan(0);
    }
    for (const path of [ARCHIVE, `${ARCHIVE}none/throughput/base`]) {
      const { body, headers } = await archive.http.get(path).set('authorization', key).expect(429);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
      expect(headers['content-type']).toBe('application/json');
      expect(body).toEqual({
        detail: 'more than 4 requests in a minute with this API key (RATE_LIMIT)',
        error: body.detail,
        code: 'too-many-requests',
      });
    }
    const other = await archive.issueKey('write');
    await archive.http.post(ARCHIVE).set('authorization', other).send(newMetadata()).expect(201);
  });

  test('of an address: readers without a key, and whoever tries keys', async () => {
    for (let count = 0; count < 6; count++) {
      const wrong = count % 2 ? { authorization: `Token ${'f'.repeat(40)}` } : {};
      await archive.http
        .get(ARCHIVE)
        .set({ ...from('192.0.2.1'), ...wrong })
        .expect(count % 2 ? 401 : 200);
    }
    const { body } = await archive.http.get(ARCHIVE).set(from('192.0.2.1')).expect(429);
    expect(body.detail).toContain('RATE_LIMIT_ADDRESS');
    await archive.http
      .get(ARCHIVE)
      .set({ ...from('192.0.2.1'), authorization: 'Token nonsense' })
      .expect(429);
    // A valid key has a count of its own; so has another address.
    await archive.http
      .get(ARCHIVE)
      .set({ ...from('192.0.2.1'), authorization: await archive.issueKey('read') })
      .expect(200);
    await archive.http.get(ARCHIVE).set(from('192.0.2.2')).expect(200);
  });

  test('wrong keys beyond the limit of their address are not looked up one by one, and right ones still work', async () => {
    const right = await archive.issueKey('read');
    const wrong = (count: number) => ({
      ...from('192.0.2.7'),
      authorization: `Token ${String(count).padStart(40, '0')}`,
    });
    for (let count = 0; count < 6; count++) await archive.http.get(ARCHIVE).set(wrong(count)).expect(401);
    const lookups = vi.spyOn(archive.app.get(KeyStore), 'find');
    for (let count = 10; count < 30; count++) await archive.http.get(ARCHIVE).set(wrong(count)).expect(429);
    expect(lookups).not.toHaveBeenCalled();
    await archive.http
      .get(ARCHIVE)
      .set({ ...from('192.0.2.7'), authorization: right })
      .expect(200);
    lookups.mockRestore();
  });

  test('an address is one client, whatever port a proxy adds to it', async () => {
    for (let port = 1; port <= 6; port++)
      await archive.http
        .get(ARCHIVE)
        .set(from(`192.0.2.8:${port}`))
        .expect(200);
    await archive.http.get(ARCHIVE).set(from('192.0.2.8:7')).expect(429);
  });

  test('a whole /64 of IPv6 counts as one address', async () => {
    for (let count = 0; count < 6; count++)
      await archive.http
        .get(ARCHIVE)
        .set(from(`2001:db8::${count}`))
        .expect(200);
    await archive.http.get(ARCHIVE).set(from('2001:db8::ffff')).expect(429);
    await archive.http.get(ARCHIVE).set(from('2001:db8:0:1::1')).expect(200);
  });

  test('the answer comes before the body is read', async () => {
    const key = await archive.issueKey('write');
    for (let count = 0; count < 4; count++) await archive.http.get(ARCHIVE).set('authorization', key).expect(200);
    const upload = new Upload(archive, key, { 'content-length': 1_000_000_000 });
    expect((await upload.answer).status).toBe(429);
    upload.breakOff();
  });

  test('health is never limited', async () => {
    for (let count = 0; count < 20; count++) await archive.http.get('/health/ready').set(from('192.0.2.3')).expect(200);
    await archive.http.get(ARCHIVE).set(from('192.0.2.3')).expect(200);
  });
});

test('RATE_LIMIT=0 and RATE_LIMIT_ADDRESS=0 turn the rate limits off', async () => {
  const free = await startArchive({ RATE_LIMIT: '0', RATE_LIMIT_ADDRESS: '0' });
  try {
    const { headers } = await free.http.get(ARCHIVE).expect(200);
    expect(headers).not.toHaveProperty('ratelimit-limit');
  } finally {
    await free.close();
  }
});

describe('points of a request', () => {
  beforeAll(async () => {
    archive = await startArchive({ MAX_POINTS: '3' });
  });
  afterAll(() => archive.close());

  test('more than MAX_POINTS are 413, and none is stored', async () => {
    const uri = await register(archive, 'throughput');
    const points = [1, 2, 3, 4].map((ts) => ({ ts, val: ts }));
    const { body } = await putPoints(archive, uri, 'throughput', points).expect(413);
    expect(body.detail).toBe('more than 3 points in one request (MAX_POINTS)');
    const val = points.map(({ ts }) => ({ 'event-type': 'throughput', val: ts }));
    const one = { data: [{ 'metadata-key': uri.split('/').at(-2), ts: 1, val }] };
    await archive.http.put(ARCHIVE).set('authorization', archive.auth).send(one).expect(413);
    expect(await readAll(archive, uri, 'throughput')).toEqual([]);
    await putPoints(archive, uri, 'throughput', points.slice(1)).expect(201);
  });
});

describe('slow statements', () => {
  beforeAll(async () => {
    archive = await startArchive({ STATEMENT_TIMEOUT: '1s', POOL_SIZE: '2' });
  });
  afterAll(() => archive.close());

  /** Runs `work` while nobody can read metadata. */
  async function whileLocked(work: () => Promise<void>): Promise<void> {
    const client = new pg.Client(archive.databaseUrl);
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE metadata IN ACCESS EXCLUSIVE MODE');
      await work();
    } finally {
      await client.end();
    }
  }

  test('a read that takes too long is 503 with Retry-After, names the setting, and keeps no connection', async () => {
    await whileLocked(async () => {
      for (const path of ['', 'none/', 'none/throughput/base', 'none/throughput/averages/60']) {
        const { body, headers } = await archive.http.get(`${ARCHIVE}${path}`).expect(503);
        expect(body.code).toBe('statement-timeout');
        expect(body.detail).toContain('STATEMENT_TIMEOUT');
        expect(body.detail).not.toContain('SELECT');
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
    });
    await archive.http.get(ARCHIVE).expect(200);
  });

  test('where all connections are taken others are answered in bounded time, and health and keys go on', async () => {
    await whileLocked(async () => {
      const reads = Array.from({ length: 30 }, () => archive.http.get(ARCHIVE));
      const answers = Promise.all(reads);
      await archive.http.get('/health/ready').expect(200);
      await archive.http
        .delete(ARCHIVE)
        .set('authorization', await archive.issueKey('read'))
        .expect(403);
      for (const { status } of await answers) expect(status).toBe(503);
    });
    await archive.http.get(ARCHIVE).expect(200);
  });

  test('writes are not timed', async () => {
    const uri = await register(archive, 'throughput');
    const client = new pg.Client(archive.databaseUrl);
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT FROM series ORDER BY id FOR UPDATE');
      const written = putPoints(archive, uri, 'throughput', [{ ts: 1, val: 1 }]).expect(201);
      const stored = written.then(() => true);
      await client.query('SELECT pg_sleep(2)');
      await client.query('COMMIT');
      expect(await stored).toBe(true);
    } finally {
      await client.end();
    }
  });
});

describe('requests in flight', () => {
  beforeAll(async () => {
    archive = await startArchive({ MAX_REQUESTS: '20' });
  });
  afterAll(() => archive.close());

  /** Runs `work` while others wait for a table; it is told how many statements do. */
  async function whileLocked(
    mode: string,
    table: string,
    work: (waiting: () => Promise<number>) => Promise<void>,
  ): Promise<void> {
    const client = new pg.Client(archive.databaseUrl);
    await client.connect();
    const waits = async (): Promise<number> =>
      (await client.query('SELECT FROM pg_locks WHERE relation = $1::regclass AND NOT granted', [table])).rows.length;
    try {
      await client.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`);
      await work(waits);
    } finally {
      await client.end();
    }
  }

  /** How many requests are worked on, beside the one that asks. */
  async function inFlight(): Promise<number> {
    const { text } = await archive.http.get('/metrics');
    return Number(/^marigram_http_requests_in_flight (\d+)$/m.exec(text)?.[1]) - 1;
  }

  async function connect(): Promise<Socket> {
    const { hostname, port } = new URL(archive.http.get('/').url);
    const socket = createConnection(Number(port), hostname);
    await once(socket, 'connect');
    return socket;
  }

  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

  test('a connection has 16 at most; it waits with the others, which are answered in their order', async () => {
    const socket = await connect();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    const paths = Array.from({ length: 3000 }, (_, index) => `${ARCHIVE}none-${index}-`);
    await whileLocked('ACCESS EXCLUSIVE', 'metadata', async () => {
      socket.write(paths.map(get).join(''));
      await expect.poll(inFlight, { timeout: 10_000 }).toBe(16);
      await archive.http.get('/health/live').expect(200);
      expect(await inFlight()).toBe(16);
      expect(text).toBe('');
    });
    const keys = (): string[] =>
      [...text.matchAll(/"detail":"there is no metadata (none-\d+-)/g)].map(([, key]) => key!);
    await expect.poll(() => keys().length, { timeout: 25_000 }).toBe(paths.length);
    expect(keys().map((key) => ARCHIVE + key)).toEqual(paths);
    // The connection is as good as before.
    text = '';
    socket.write(get('/nothing'));
    await expect.poll(() => text, { timeout: 10_000 }).toContain('404 Not Found');
    socket.destroy();
  });

  test('what waits on a connection is not read on: the client waits, too', async () => {
    const socket = await connect();
    const size = 32 * 1024 ** 2;
    const request = get(`${ARCHIVE}none/`);
    await whileLocked('ACCESS EXCLUSIVE', 'metadata', async () => {
      socket.write(request.repeat(size / request.length));
      await expect.poll(inFlight, { timeout: 10_000 }).toBe(16);
      await archive.http.get('/health/live').expect(200);
      expect(socket.writableLength).toBeGreaterThan(0);
      socket.destroy();
    });
    // Those of a client that has left are forgotten.
    await expect.poll(inFlight, { timeout: 10_000 }).toBe(0);
  });

  test('a body that comes after other requests on its connection is read when its turn comes', async () => {
    const socket = await connect();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    const body = JSON.stringify(newMetadata(['throughput'], { note: 'x'.repeat(300_000) }));
    const head = `POST ${ARCHIVE} HTTP/1.1\r\nHost: x\r\nAuthorization: ${archive.auth}\r\nContent-Type: application/json\r\n`;
    const requests = get('/nothing').repeat(100) + `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    socket.write(requests.repeat(2) + get('/health/live'));
    await expect.poll(() => text, { timeout: 20_000 }).toContain('{"status":"ok"');
    expect(text.match(/HTTP\/1\.1 404/g)).toHaveLength(200);
    expect(text.match(/HTTP\/1\.1 201/g)).toHaveLength(2);
    socket.destroy();
  });

  test('beyond MAX_REQUESTS it is 503 with Retry-After, also while clients that have left are worked for', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, connect));
    await whileLocked('ACCESS EXCLUSIVE', 'metadata', async () => {
      for (const [index, socket] of sockets.entries()) socket.write(get(`${ARCHIVE}none-${index}/`));
      const status = async (): Promise<number> => (await archive.http.get('/metrics')).status;
      await expect.poll(status, { timeout: 10_000 }).toBe(503);
      for (const socket of sockets) socket.destroy();
      for (const path of [ARCHIVE, '/metrics']) {
        const { headers, body } = await archive.http.get(path).expect(503);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
        expect(body.code).toBe('overloaded');
        expect(body.detail).toContain('too many requests');
      }
      await archive.http.get('/health/ready').expect(200);
    });
    await expect.poll(inFlight, { timeout: 10_000 }).toBe(0);
  });

  test.each([
    ['of a metadata', 'ACCESS EXCLUSIVE', 'metadata', () => archive.http.get(`${ARCHIVE}none/`), 404],
    ['of an event type', 'ACCESS EXCLUSIVE', 'metadata', () => archive.http.get(`${ARCHIVE}none/throughput`), 200],
    ['of a series', 'ACCESS EXCLUSIVE', 'metadata', () => archive.http.get(`${ARCHIVE}none/throughput/base`), 200],
    [
      'for a write',
      'ACCESS EXCLUSIVE',
      'metadata',
      () => archive.http.put(`${ARCHIVE}none`).set('authorization', archive.auth).send({ data: [] }),
      404,
    ],
    [
      'of a key',
      'ACCESS EXCLUSIVE',
      'api_key',
      () => archive.http.get(ARCHIVE).set('authorization', `Token ${'e'.repeat(40)}`),
      401,
    ],
    [
      'for a registration',
      'SHARE',
      'metadata',
      () => archive.http.post(ARCHIVE).set('authorization', archive.auth).send(same),
      201,
    ],
  ])('look-ups %s that come at a time are one', async (_what, mode, table, request, status) => {
    // Of the key in use, so that it does not wait itself.
    await archive.http.post(ARCHIVE).set('authorization', archive.auth).send(newMetadata()).expect(201);
    await whileLocked(mode, table, async (waiting) => {
      const answers = Promise.all(Array.from({ length: 15 }, () => request()));
      await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
      await expect.poll(async () => ((await inFlight()) === 15 ? waiting() : 0), { timeout: 10_000 }).toBe(1);
      ending = answers;
    });
    expect(new Set((await ending).map((answer) => answer.status))).toEqual(new Set([status]));
  });

  const same = newMetadata(['throughput'], { note: 'the same for all' });
  let ending: Promise<{ status: number }[]>;
});

test('a body that ends long after its key was revoked is 401, and nothing is stored', async () => {
  archive = await startArchive();
  try {
    const uri = await register(archive, 'throughput');
    const keys = archive.app.get(ApiKeyService);
    const [revoked, kept] = [await keys.issue('tester', 'write'), await keys.issue('tester', 'write')];
    const uploads = [revoked, kept].map(
      ({ key }) => new Upload(archive, `Token ${key}`, { 'transfer-encoding': 'chunked' }),
    );
    for (const upload of uploads) upload.send('{"data":[');
    await expect.poll(async () => (await keys.list()).length).toBe(3);
    await keys.revoke(revoked.id);
    // A key is trusted for two seconds.
    await sleep(2500);
    for (const [index, upload] of uploads.entries()) {
      const val = [{ 'event-type': 'throughput', val: index }];
      upload.send(`${JSON.stringify({ 'metadata-key': uri.split('/').at(-2), ts: index, val })}]}`);
      upload.end();
    }
    expect(await Promise.all(uploads.map(async ({ answer }) => (await answer).status))).toEqual([401, 201]);
    expect(await readAll(archive, uri, 'throughput')).toEqual([{ ts: 1, val: 1 }]);
  } finally {
    await archive.close();
  }
});

test('a body of BODY_LIMIT fits, with its length or without, where the memory for bodies is smaller', async () => {
  const small = await startArchive({ BODY_LIMIT: '40KiB', BODY_BUDGET: '1KiB' });
  try {
    const limit = 40 * 1024;
    const put = async (length: number, headers: Record<string, string | number>): Promise<number> => {
      const upload = new Upload(small, small.auth, headers);
      upload.send('{"data":[]}'.padEnd(length));
      upload.end();
      return (await upload.answer).status;
    };
    expect(await put(limit, { 'content-length': limit })).toBe(201);
    expect(await put(limit, { 'transfer-encoding': 'chunked' })).toBe(201);
    expect(await put(2 * limit, { 'transfer-encoding': 'chunked' })).toBe(413);
  } finally {
    await small.close();
  }
});

describe('bodies in flight', () => {
  const KIB = 1024;
  beforeAll(async () => {
    archive = await startArchive({ BODY_LIMIT: '40KiB', BODY_BUDGET: '100KiB' });
  });
  afterAll(() => archive.close());

  const declared = { 'content-length': 40 * KIB };
  const chunked = { 'transfer-encoding': 'chunked' };

  test('one client gets half of the room, all together get all of it, and small bodies always pass', async () => {
    const [a, b, c] = await Promise.all([0, 1, 2].map(() => archive.issueKey('write')));
    const held = [new Upload(archive, a ?? '', declared), new Upload(archive, b ?? '', declared)];
    for (const upload of held) upload.send('{');
    const refused = async (key = '', headers: Record<string, string | number> = declared): Promise<string> => {
      const upload = new Upload(archive, key, headers);
      // A whole body, so that there is an answer, too, where this comes before what it waits for.
      upload.send('{"data":[]}'.padEnd(headers === chunked ? 30 * KIB : 40 * KIB));
      if (headers !== chunked) upload.end();
      const answer = await upload.answer;
      expect(answer.status).toBe(503);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      upload.breakOff();
      return answer.text;
    };
    // The heads of the uploads above may still be on their way.
    await expect.poll(() => refused(a)).toContain('with this key or address');
    await expect.poll(() => refused(c)).toContain('to the archive at once');
    expect(await refused(b, chunked)).toContain('with this key or address');
    await archive.http
      .post(ARCHIVE)
      .set('authorization', a ?? '')
      .send(newMetadata())
      .expect(201);

    // What is broken off, or answered, gives its room back.
    held[0]?.breakOff();
    held[1]?.send(' '.repeat(40 * KIB - 1));
    held[1]?.end();
    expect((await held[1]?.answer)?.status).toBe(400);
    await hasRoom(c ?? '');
    const whole = new Upload(archive, c ?? '', chunked);
    whole.send('{"data":[]}'.padEnd(30 * KIB));
    whole.end();
    expect((await whole.answer).status).toBe(201);
  });

  /** Sends a body that leaves no room for another one of its key while it is in flight. */
  async function statusOf(key: string): Promise<number> {
    const upload = new Upload(archive, key, declared);
    upload.send('{"data":[]}'.padEnd(40 * KIB));
    upload.end();
    return (await upload.answer).status;
  }

  const hasRoom = (key: string): Promise<void> => expect.poll(() => statusOf(key)).toBe(201);

  /** Runs `work` while nobody can read a table, and waits until a statement on it waits. */
  async function whileLocked(table: string, work: (waiting: () => Promise<void>) => Promise<void>): Promise<void> {
    const client = new pg.Client(archive.databaseUrl);
    await client.connect();
    const waits = async (): Promise<number> =>
      (await client.query(`SELECT FROM pg_locks WHERE relation = $1::regclass AND NOT granted`, [table])).rows.length;
    try {
      await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      await work(() => expect.poll(waits).toBeGreaterThan(0));
    } finally {
      await client.end();
    }
  }

  /** A connection on which a test sends what it likes. */
  async function connect(): Promise<Socket> {
    const { hostname, port } = new URL(archive.http.get('/').url);
    const socket = createConnection(Number(port), hostname);
    await once(socket, 'connect');
    return socket;
  }

  const head = (method: string, path: string, headers: Record<string, string | number> = {}): string =>
    [`${method} ${path} HTTP/1.1`, 'Host: x', ...Object.entries(headers).map((one) => one.join(': ')), '\r\n'].join(
      '\r\n',
    );

  const json = (key: string) => ({ authorization: key, 'content-type': 'application/json' });

  test('room is given back where the client leaves while its key is looked up', async () => {
    const key = await archive.issueKey('write');
    await whileLocked('api_key', async (waiting) => {
      const upload = new Upload(archive, key, declared);
      await waiting();
      upload.breakOff();
      // Whatever comes later on another connection comes after the end of that one.
      await archive.http.get('/health/ready').expect(200);
    });
    await hasRoom(key);
  });

  test('room is given back where the connection ends before an earlier request on it is answered', async () => {
    const key = await archive.issueKey('write');
    await whileLocked('metadata', async (waiting) => {
      const socket = await connect();
      socket.write(head('GET', ARCHIVE) + head('PUT', ARCHIVE, { ...json(key), ...declared }) + '{');
      await waiting();
      await expect.poll(() => statusOf(key)).toBe(503);
      socket.destroy();
    });
    await hasRoom(key);
  });

  test('a body that nobody reads is thrown away, however large, and the next request is answered', async () => {
    const socket = await connect();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    const size = 200 * KIB;
    socket.write(head('GET', '/health/ready', chunked) + `${size.toString(16)}\r\n${' '.repeat(size)}\r\n0\r\n\r\n`);
    socket.write(head('GET', '/nothing'));
    await expect.poll(() => text).toContain('404 Not Found');
    expect(text).toContain('200 OK');
    socket.destroy();
  });
});
