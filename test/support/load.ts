import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Clients } from './clients.js';
import { type RunningServer } from './process.js';

/** The event types that are written; both are summed up, by hour. */
const EVENT_TYPES = ['packet-count-sent', 'packet-count-lost'] as const;
const WINDOW = 3600;

/** The points of a bulk write; every other write is a single point. */
const BULK = 40;

/** One write and what became of it. */
interface Write {
  readonly points: readonly (readonly [eventType: string, ts: number])[];
  /** `open`: refused by a 503, or never answered. It may be stored, but only wholly. */
  outcome: 'acknowledged' | 'open';
}

/** Every time has its own value, so that a point in the wrong place is seen. */
const valueAt = (ts: number): number => 1 + (ts % 997);

/**
 * Writes under which faults are provoked: some clients that write new points all the time, single ones and bulks, and
 * remember what was acknowledged. `verify` compares all of it with the archive.
 */
export class WriteLoad extends Clients {
  private readonly writes: Write[] = [];
  private nextTs = 1_700_000_000;
  /** Answers so far by status; 0 stands for no answer. */
  readonly answers = new Map<number, number>();

  private constructor(
    private readonly key: string,
    private readonly uris: readonly string[],
  ) {
    super();
  }

  /** Registers what is written. */
  static async prepare(server: RunningServer, key: string): Promise<WriteLoad> {
    const uris = await Promise.all(
      [1, 2].map(async (number) => {
        const body = {
          'subject-type': 'network-element',
          source: `192.0.2.${number}`,
          'measurement-agent': '192.0.2.9',
          'tool-name': 'load',
          // Several loads may be written to one database.
          load: randomUUID(),
          'event-types': EVENT_TYPES.map((name) => ({
            'event-type': name,
            summaries: [{ 'summary-type': 'aggregation', 'summary-window': WINDOW }],
          })),
        };
        return (await server.json<{ uri: string }>(201, 'POST', server.archive, { key, body })).uri;
      }),
    );
    return new WriteLoad(key, uris);
  }

  /** How many writes were acknowledged so far. */
  get acknowledged(): number {
    return this.answers.get(201) ?? 0;
  }

  /**
   * Writes until `stop`, with so many clients, by turns to each of the servers. A client goes on after a 503, and ends
   * when its server is gone for good.
   */
  start(servers: readonly RunningServer[], clients = 4): void {
    for (let client = 0; client < clients; client++)
      this.launch(() => this.run(servers[client % servers.length]!, this.uris[client % this.uris.length]!));
  }

  /** Waits until all writes that are under way have ended in one way or the other. */
  stop(): Promise<void> {
    return this.end();
  }

  private async run(server: RunningServer, uri: string): Promise<void> {
    for (let count = 0; this.running; count++) {
      const status = count % 2 === 0 ? await this.single(server, uri) : await this.bulk(server, uri);
      if (status === 201) continue;
      if (!server.program.isGroupAlive) return;
      await sleep(20);
    }
  }

  private single(server: RunningServer, uri: string): Promise<number> {
    const ts = this.nextTs++;
    const [eventType] = EVENT_TYPES;
    const write: Write = { points: [[uri + eventType, ts]], outcome: 'open' };
    return this.send(server, write, 'POST', `${uri}${eventType}/base`, { ts, val: valueAt(ts) });
  }

  private bulk(server: RunningServer, uri: string): Promise<number> {
    const times = Array.from({ length: BULK }, () => this.nextTs++);
    const data = times.map((ts) => ({
      ts,
      val: EVENT_TYPES.map((name) => ({ 'event-type': name, val: valueAt(ts) })),
    }));
    const points = times.flatMap((ts) => EVENT_TYPES.map((name) => [uri + name, ts] as const));
    return this.send(server, { points, outcome: 'open' }, 'PUT', uri, { data });
  }

  /** Sends one write; returns its status, 0 where there was no answer. Throws on an answer that no fault excuses. */
  private async send(server: RunningServer, write: Write, method: string, path: string, body: object): Promise<number> {
    this.writes.push(write);
    const answer = await server.fetch(method, path, { key: this.key, body }).catch(() => undefined);
    const status = answer?.status ?? 0;
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    const text = await answer?.text().catch(() => undefined);
    if (status === 201) write.outcome = 'acknowledged';
    else if (status === 503) expect(answer?.headers.get('retry-after'), text).toMatch(/^\d+$/);
    else if (status !== 0) throw new Error(`${method} ${path}: ${status} ${text ?? ''}`);
    return status;
  }

  /**
   * Everything acknowledged is there, everything else wholly or not at all, nothing that nobody wrote; and the sums by
   * hour are those of the points that are there. Returns how many writes without a good answer were stored.
   */
  async verify(server: RunningServer): Promise<number> {
    const stored = new Map<string, Map<number, unknown>>();
    for (const uri of this.uris)
      for (const name of EVENT_TYPES) stored.set(uri + name, new Map(await server.points(uri, name)));

    let openButStored = 0;
    const written = new Map<string, Set<number>>([...stored.keys()].map((series) => [series, new Set()]));
    for (const { points, outcome } of this.writes) {
      const there = points.filter(([series, ts]) => stored.get(series)!.has(ts));
      if (outcome === 'acknowledged' || there.length > 0)
        expect(there.length, `points of a write that is ${outcome}, from ts ${points[0]![1]}`).toBe(points.length);
      if (outcome === 'open' && there.length > 0) openButStored++;
      for (const [series, ts] of points) written.get(series)!.add(ts);
    }
    for (const [series, points] of stored) {
      const sums = new Map<number, number>();
      for (const [ts, val] of points) {
        if (val !== valueAt(ts) || !written.get(series)!.has(ts))
          throw new Error(`${series}: ${ts} has ${String(val)}`);
        const bin = ts - (ts % WINDOW);
        sums.set(bin, (sums.get(bin) ?? 0) + valueAt(ts));
      }
      const path = `${series}/aggregations/${WINDOW}?time-start=0&limit=1000000`;
      const summary = await server.json<{ ts: number; val: number }[]>(200, 'GET', path);
      expect(new Map(summary.map(({ ts, val }) => [ts, val])), `the sums of ${series}`).toEqual(sums);
    }
    return openButStored;
  }
}
