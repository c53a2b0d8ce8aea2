import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type EventObject } from '../../src/events/event.dto.js';
import { MARIGRAM, type RunningServer, type Sandbox } from './process.js';
import { generated, HOT } from './rules.js';

const POINTS = 10_000;
const MEASUREMENTS = '/api/v1/sensors/boiler/measurements';

/** What a sensor sends at once. */
type Measurements = readonly { readonly temperature: number; readonly at: number }[];

/** Posts 10,000 generated temperatures of a sensor, whose rule must find 80 events, through whatever happens. */
export class RuleLoad {
  /** The requests, in their order. */
  readonly requests: readonly Measurements[];

  private constructor(private readonly key: string) {
    const all = generated(POINTS).map((temperature, index) => ({ temperature, at: 1000 * (1_700_000_000 + index) }));
    const requests: Measurements[] = [];
    for (let at = 0, size = 1; at < POINTS; at += size, size = 1 + ((size * 7 + 11) % 50))
      requests.push(all.slice(at, at + size));
    this.requests = requests;
  }

  static async prepare(
    server: RunningServer,
    sandbox: Sandbox,
    env: Readonly<Record<string, string>>,
  ): Promise<RuleLoad> {
    const { stdout } = await sandbox.run([...MARIGRAM, 'key', 'issue', 'tester', '--scope', 'admin'], env);
    const key = /^Key: (.*)$/m.exec(stdout)?.[1] ?? '';
    const rule = { ...HOT, match: { 'subject-type': 'sensor', 'event-type': 'temperature' } };
    await server.json(201, 'POST', '/api/v1/rules', { key, body: rule });
    return new RuleLoad(key);
  }

  /** Sends a request until it is answered, each time to the server that is given then; every tenth one once more. */
  async post(number: number, serverOf: () => RunningServer): Promise<void> {
    const body = this.requests[number];
    // Some have a key, by which a repeat is known; the others are known by their points.
    const headers = { ...(number % 2 === 0 && { 'idempotency-key': `request-${number}` }) };
    for (let answers = 0; answers < (number % 10 === 0 ? 2 : 1);) {
      const answer = await serverOf()
        .fetch('POST', MEASUREMENTS, { key: this.key, body, headers })
        .catch(() => undefined);
      const text = await answer?.text().catch(() => undefined);
      if (answer?.status === 200 && text !== undefined) answers++;
      else if (answer && answer.status !== 503 && text !== undefined) throw new Error(`${answer.status}: ${text}`);
      else await sleep(20);
    }
  }

  /** All points are there, and the events of all points, each once. */
  async verify(server: RunningServer): Promise<void> {
    const { events } = await server.json<{ events: EventObject[] }>(200, 'GET', '/api/v1/events?limit=1000&order=asc');
    expect(events).toHaveLength(80);
    expect([events[0]?.value, events.at(-1)?.value]).toEqual([102.2, 119.4]);
    expect(events.filter(({ state }) => state === 'open')).toEqual([]);
    expect(await server.json(200, 'GET', '/api/v1/rules/hot/states')).toEqual([]);
    const uri = `${server.archive}${events[0]?.['metadata-key']}/`;
    expect(await server.points(uri, 'temperature')).toHaveLength(POINTS);
  }
}
