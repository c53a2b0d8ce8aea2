import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { readAll, register } from './support/builders.js';
import { summarized } from './support/metadata.js';
import { type RunningServer, Sandbox, until } from './support/process.js';

/** The database, and a server that is not harmed. */
let archive: TestArchive;
let sandbox: Sandbox;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.dispose());

const DAY = 86_400;

/** A bulk PUT of throughputs at these times, each with its time as the value; sent until there is an answer. */
async function put(uri: string, key: string | undefined, times: readonly number[], server: () => RunningServer) {
  const data = times.map((ts) => ({ ts, val: [{ 'event-type': 'throughput', val: ts }] }));
  for (let attempt = 1; ; attempt++)
    try {
      const answer = await fetch(server().origin + uri, {
        method: 'PUT',
        headers: {
          authorization: archive.auth,
          'content-type': 'application/json',
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        body: JSON.stringify({ data }),
      });
      const text = await answer.text();
      if (answer.status !== 503)
        return { attempt, status: answer.status, body: JSON.parse(text) as { stored?: number } };
    } catch {
      await sleep(20); // the server is gone, the next one not there yet
    }
}

/** The sum of all bins of the summary, and of all points. */
async function sums(uri: string): Promise<{ points: number; bins: number; count: number }> {
  const points = await readAll(archive, uri, 'throughput');
  const { body } = await archive.http.get(`${uri}throughput/aggregations/${DAY}?time-start=0&limit=100000`);
  const sum = (rows: readonly { val: unknown }[]): number => rows.reduce((total, { val }) => total + Number(val), 0);
  return { points: sum(points), bins: sum(body as { val: unknown }[]), count: points.length };
}

test('under kill -9 every write is answered for what it stored itself, and nothing is lost or counted twice', async () => {
  const uri = await register(archive, summarized('throughput', ['aggregation', DAY]));
  const env = { DATABASE_URL: archive.databaseUrl, LOG_LEVEL: 'silent' };
  let server = await sandbox.start(env);
  let isOver = false;
  let repeated = 0;
  let written = 0;
  let sum = 0;
  const stored: number[] = [];

  // Writers 0 and 1, 2 and 3, … have one point of each request in common: it is the conflict of one of the two.
  const common = (writer: number, round: number): number => ((writer >> 1) * 100_000 + round) * 10;
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      const shared = common(writer, round);
      const times = [shared, ...[1, 2, 3].map((own) => shared + own + 3 * (writer & 1))];
      const { attempt, status, body } = await put(uri, `${writer}-${round}`, times, () => server);
      if (attempt > 1) repeated++;
      if (status !== 201 && status !== 409) throw new Error(`${status}: ${JSON.stringify(body)}`);
      stored.push(status === 201 ? 4 : (body.stored ?? NaN));
      written++;
      sum += times.slice(1).reduce((total, ts) => total + ts, 0);
    }
  };
  const writers = Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)));
  for (let round = 0; round < 8; round++) {
    await sleep(200 + Math.random() * 300);
    server.program.signal('SIGKILL');
    server = await sandbox.start(env);
  }
  isOver = true;
  await writers;

  expect(repeated).toBeGreaterThan(0);
  const found = await sums(uri);
  expect(stored.reduce((total, count) => total + count, 0)).toBe(found.count);
  expect(found.bins).toBe(found.points);
  const times = (await readAll(archive, uri, 'throughput')).map(({ ts }) => Number(ts));
  const own = times.filter((ts) => ts % 10 !== 0);
  expect(own).toHaveLength(3 * written);
  expect(own.reduce((total, ts) => total + ts, 0)).toBe(sum);
});

/** What befalls a COMMIT of the write queue: its answer does not come, or the connection breaks behind it or before it. */
type Mishap = 'no answer' | 'cut behind' | 'cut before';

/** Stands between a server and PostgreSQL. */
class Proxy {
  private mishap: Mishap | undefined;
  private spared = 0;

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async before(databaseUrl: string): Promise<Proxy> {
    const url = new URL(databaseUrl);
    const [host, port] = [url.hostname, Number(url.port)];
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const proxy = new Proxy(url.href, server);
    server.on('connection', (client) => {
      const database = connect(port, host);
      let isSilent = false;
      let isWriter = false;
      client.on('data', (data) => {
        isWriter ||= data.includes('marigram-write');
        const mishap = isWriter && data.includes('COMMIT\0') ? proxy.nextMishap() : undefined;
        if (mishap === 'no answer') isSilent = true;
        if (mishap === 'cut before') database.destroy();
        else database.write(data);
        if (mishap === 'cut behind') {
          // PostgreSQL gets it all, and nobody hears of it.
          isSilent = true;
          setTimeout(() => client.destroy(), 100);
        } else if (mishap === 'cut before') client.destroy();
      });
      database.on('data', (data) => {
        if (!isSilent) client.write(data);
      });
      client.on('error', () => undefined).on('close', () => database.end());
      database.on('error', () => undefined).on('close', () => client.end());
    });
    return proxy;
  }

  /** Arranges what is to befall the next COMMIT, or a later one. */
  arrange(mishap: Mishap, spared = 0): void {
    this.mishap = mishap;
    this.spared = spared;
  }

  /** Whether all that was arranged has come to pass. */
  get isDone(): boolean {
    return this.mishap === undefined;
  }

  private nextMishap(): Mishap | undefined {
    if (this.mishap === undefined || this.spared-- > 0) return undefined;
    const { mishap } = this;
    this.mishap = undefined;
    return mishap;
  }

  close(): void {
    this.server.close();
  }
}

test('a server that is killed between the commit and the answer has stored the answer, too', async () => {
  const uri = await register(archive, summarized('throughput', ['aggregation', DAY]));
  const proxy = await Proxy.before(archive.databaseUrl);
  try {
    const first = await sandbox.start({ DATABASE_URL: proxy.url, LOG_LEVEL: 'silent' });
    const second = await sandbox.start({ DATABASE_URL: archive.databaseUrl, LOG_LEVEL: 'silent' });
    let server = first;
    proxy.arrange('no answer');
    const answer = put(uri, 'killed', [1, 2, 3], () => server);
    const rows = `SELECT FROM idempotency WHERE key = 'killed'`;
    await until(async () => (await archive.query(rows)).length === 1);
    server = second;
    first.program.signal('SIGKILL');
    expect(await answer).toMatchObject({ status: 201, body: '' });
    expect(await sums(uri)).toEqual({ points: 6, bins: 6, count: 3 });
    expect((await put(uri, undefined, [1, 2, 3], () => server)).status).toBe(409);
  } finally {
    proxy.close();
  }
});

test.each(['cut behind', 'cut before'] as const)(
  'a connection that is %s a COMMIT changes no answer',
  async (mishap) => {
    const uri = await register(archive, summarized('throughput', ['aggregation', DAY]));
    const proxy = await Proxy.before(archive.databaseUrl);
    try {
      const server = await sandbox.start({ DATABASE_URL: proxy.url, LOG_LEVEL: 'silent' });
      for (const times of [[1, 2], [2, 3], []]) {
        const key = `${mishap} ${times.length} ${times[0] ?? ''}`.replaceAll(' ', '-');
        // Where points are there already, the first transaction fails anyway.
        proxy.arrange(mishap, times[0] === 2 ? 1 : 0);
        const answers = [];
        for (let time = 0; time < 2; time++) answers.push(await put(uri, key, times, () => server));
        expect(proxy.isDone).toBe(true);
        expect(answers[1]).toEqual({ ...answers[0], attempt: 1 });
        expect(answers[0]).toMatchObject(
          times[0] === 2 ? { status: 409, body: { stored: 1 } } : { status: 201, body: '' },
        );
      }
      expect(await sums(uri)).toEqual({ points: 6, bins: 6, count: 3 });
    } finally {
      proxy.close();
    }
  },
);
