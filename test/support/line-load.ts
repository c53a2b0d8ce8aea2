import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Clients } from './clients.js';
import { type RunningServer } from './process.js';
import { quantilesOf } from './summary-oracle.js';

const DATABASE = 'load';
const WINDOW = 60;

/** In nanoseconds. */
const START = 1_700_000_000_000_000_000n;

/** The lines of a bulk write; every other client writes single ones. */
const BULK = 100;

/** One client: its own tag, and what the archive should have of it. */
interface Client {
  readonly tag: number;
  readonly values: Map<bigint, number>;
  next: bigint;
}

/**
 * Writes line protocol under which faults are provoked: each client writes new lines, and other values over earlier ones, and
 * sends them until they are acknowledged. `verify` compares every point and every bin with what was sent.
 */
export class LineLoad extends Clients {
  private readonly clients: Client[] = [];
  acknowledged = 0;

  private constructor(
    /** Where it writes; another one once that was killed. */
    public server: RunningServer,
    private readonly key: string,
  ) {
    super();
  }

  /** Creates a database whose fields keep summaries. */
  static async prepare(server: RunningServer, key: string): Promise<LineLoad> {
    const summaries = ['statistics', 'quantiles'].map((kind) => ({ 'summary-type': kind, 'summary-window': WINDOW }));
    await server.json(201, 'PUT', `/api/v1/databases/${DATABASE}`, { key, body: { summaries } });
    return new LineLoad(server, key);
  }

  /** Writes until `finish`. */
  start(clients = 6): void {
    for (let tag = 0; tag < clients; tag++) {
      const client = { tag, values: new Map<bigint, number>(), next: START };
      this.clients.push(client);
      this.launch(() => this.run(client));
    }
  }

  /** Writes no more, and waits until all that was written is acknowledged. */
  finish(): Promise<void> {
    return this.end();
  }

  /** After `finish`: all points are there, and the bins are those of all points. */
  async verify(): Promise<void> {
    for (const { tag, values } of this.clients) {
      const [{ uri }] = await this.read<[{ uri: string }]>(`?database=${DATABASE}&tag.client=${tag}`);
      const points = [...values]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([ns, val]) => ({ ts: Number(ns / 1000n) / 1_000_000, val }));
      const series = `${uri.slice(uri.indexOf(this.server.archive) + this.server.archive.length)}value`;
      expect(await this.read(`${series}/base?time-start=0&limit=1000000`)).toEqual(points);
      const bins = new Map<number, number[]>();
      for (const { ts, val } of points) {
        const bin = Math.floor(ts / WINDOW) * WINDOW;
        bins.set(bin, [...(bins.get(bin) ?? []), val]);
      }
      const expected = [...bins].map(([ts, vals]) => ({ ts, val: quantilesOf(vals) }));
      expect(await this.read(`${series}/quantiles/${WINDOW}?time-start=0&limit=1000000`)).toEqual(expected);
    }
  }

  private async run(client: Client): Promise<void> {
    while (this.running) {
      const lines = new Map<bigint, number>();
      for (let line = 0; line < (client.tag % 2 === 0 ? 1 : BULK); line++) {
        // Some microseconds have several points.
        client.next += BigInt(1 + Math.floor(Math.random() * 20_000_000));
        lines.set(client.next, number());
      }
      for (const ns of client.values.keys()) {
        if (lines.size > 4 || Math.random() < 0.5) break;
        lines.set(ns, number());
      }
      while (!(await this.send(client, lines))) {
        this.check();
        await sleep(20);
      }
      for (const [ns, value] of lines) client.values.set(ns, value);
      this.acknowledged++;
    }
  }

  /** Sends lines. Returns whether they are acknowledged; throws on what no fault excuses. */
  private async send({ tag }: Client, lines: ReadonlyMap<bigint, number>): Promise<boolean> {
    const answer = await fetch(`${this.server.origin}/write?db=${DATABASE}`, {
      method: 'POST',
      headers: { authorization: `Token ${this.key}` },
      body: [...lines].map(([ns, value]) => `m,client=${tag} value=${value} ${ns}`).join('\n'),
    }).catch(() => undefined);
    if (answer === undefined) return false;
    const text = await answer.text().catch(() => '');
    if (answer.status === 503) {
      // Telegraf keeps a batch on 503 only, and drops it on any 4xx.
      expect(answer.headers.get('retry-after'), text).toMatch(/^\d+$/);
      return false;
    }
    expect(answer.status, text).toBe(204);
    return true;
  }

  private read<T = unknown>(path: string): Promise<T> {
    return this.server.json<T>(200, 'GET', `${this.server.archive}${path}`);
  }
}

/** With three decimals at most. */
function number(): number {
  return Math.floor(Math.random() * 1_000_000) / 8;
}
