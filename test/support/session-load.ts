import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Clients } from './clients.js';
import { type RunningServer } from './process.js';
import { columnsOf, SESSIONS, START } from './sessions.js';
import { categoriesOf, distributionOf, quantilesOf } from './summary-oracle.js';

/** What is written to: points that are kept, points of which only the bins are, and texts. */
const STREAMS = {
  kept: { type: 'metric', aggregate: true },
  summed: { type: 'metric', aggregate: true, raw: false },
  codes: { type: 'event', aggregate: true },
} as const;
type StreamName = keyof typeof STREAMS;
const NAMES = Object.keys(STREAMS) as StreamName[];

/** The most rows of a write, and how many earlier ones are sent with it where it is repeated. */
const MOST_ROWS = 60;
const EARLIER_ROWS = 7;

const BINARY = 'application/vnd.marigram.columns';
const RELATIVE = 'time=relative&limit=1000000';
const ROWS_PER_SECOND = 1000;

/** A row is known by its number: 1,000 rows lie in the bin of a second, and neighbours have different values. */
const timeOf = (row: number): number => (row * 1_000_000) / ROWS_PER_SECOND;
const numberOf = (row: number): number => ((row * 7919) % 5000) / 8;
const textOf = (row: number): string => String(200 + ((row * 7) % 5));
const valueOf = (name: StreamName, row: number): number | string => (name === 'codes' ? textOf(row) : numberOf(row));

interface Bin {
  readonly ts: number;
  readonly value: unknown;
}

/**
 * Writes to the streams of a session under which faults are provoked: several clients a stream, each of which takes the
 * next rows and sends them until they are acknowledged. `verify` compares every row and every bin with what was sent.
 */
export class SessionLoad extends Clients {
  private readonly nextRow: Record<StreamName, number> = { kept: 0, summed: 0, codes: 0 };
  acknowledged = 0;
  /** How many writes had to be sent once more. */
  repeats = 0;

  private constructor(
    /** Where it writes; another one once that was killed. */
    public server: RunningServer,
    private readonly key: string,
    private readonly session: string,
  ) {
    super();
  }

  /** Creates a session with the streams. */
  static async prepare(server: RunningServer, key: string): Promise<SessionLoad> {
    const session = `${SESSIONS}/load`;
    await server.json(201, 'PUT', session, { key, body: { 'test-start': START } });
    for (const name of NAMES) await server.json(201, 'PUT', `${session}/streams/${name}`, { key, body: STREAMS[name] });
    return new SessionLoad(server, key, session);
  }

  /** Writes until `finish`. */
  start(clientsPerStream = 3): void {
    for (const name of NAMES)
      for (let client = 0; client < clientsPerStream; client++) this.launch(() => this.run(name));
  }

  /** Takes no more rows, and waits until all that were taken are acknowledged. */
  finish(): Promise<void> {
    return this.end();
  }

  private async run(name: StreamName): Promise<void> {
    while (this.running) {
      const count = 1 + Math.floor(Math.random() * MOST_ROWS);
      const row = this.nextRow[name];
      this.nextRow[name] += count;
      let first = row;
      while (!(await this.send(name, first, row + count))) {
        this.check();
        this.repeats++;
        // Rows that were stored, or are being stored by another client, may be among those that are repeated.
        first = Math.max(0, row - EARLIER_ROWS);
        await sleep(20);
      }
      this.acknowledged++;
    }
  }

  /** Sends rows up to `end` (exclusive). Returns whether they are acknowledged; throws on what no fault excuses. */
  private async send(name: StreamName, row: number, end: number): Promise<boolean> {
    const rows = Array.from({ length: end - row }, (_, index) => row + index);
    const ts = rows.map(timeOf);
    const isBinary = name !== 'codes' && row % 2 === 0;
    const value = rows.map((one) => valueOf(name, one));
    const answer = await fetch(`${this.server.origin}${this.session}/streams/${name}/points/${row}?time=relative`, {
      method: 'PUT',
      headers: {
        authorization: `Token ${this.key}`,
        'content-type': isBinary ? BINARY : 'application/json',
      },
      body: isBinary ? columnsOf(ts, rows.map(numberOf)) : JSON.stringify({ ts, value }),
    }).catch(() => undefined);
    const text = await answer?.text().catch(() => undefined);
    if (answer === undefined || text === undefined) return false;
    if (answer.status === 503) {
      expect(answer.headers.get('retry-after'), text).toMatch(/^\d+$/);
      return false;
    }
    expect(answer.status, text).toBe(200);
    const { stored, repeated } = JSON.parse(text) as { stored: number; repeated: number };
    expect(stored + repeated, text).toBe(rows.length);
    return true;
  }

  /** After `finish`: the ledgers are whole, each row is there once, and the bins are those of all rows. */
  async verify(): Promise<void> {
    for (const name of NAMES) {
      const rows = Array.from({ length: this.nextRow[name] }, (_, row) => row);
      expect(await this.read(name)).toMatchObject({ rows: rows.length, received: [[0, rows.length]] });
      const points = await this.read<(Bin & { row: number })[]>(`${name}/points?${RELATIVE}`);
      const sent = name === 'summed' ? [] : rows.map((row) => [timeOf(row), valueOf(name, row), row]);
      expect(points.map(({ ts, value, row }) => [ts, value, row])).toEqual(sent);
      if (name === 'codes')
        await this.verifySummary(name, 'categories', rows, (some) => JSON.parse(categoriesOf(some.map(textOf))));
      else {
        await this.verifySummary(name, 'quantiles', rows, (some) => quantilesOf(some.map(numberOf)));
        await this.verifySummary(name, 'distributions', rows, (some) => distributionOf(some.map(numberOf)));
      }
    }
  }

  /** Each second of a summary, and the summary of the whole stream. */
  private async verifySummary(
    name: StreamName,
    summary: string,
    rows: readonly number[],
    expected: (rows: readonly number[]) => unknown,
  ): Promise<void> {
    const bins: Bin[] = [];
    for (let row = 0; row < rows.length; row += ROWS_PER_SECOND)
      bins.push({ ts: timeOf(row), value: expected(rows.slice(row, row + ROWS_PER_SECOND)) });
    expect(await this.read(`${name}/${summary}/1?${RELATIVE}`), `${summary} of ${name}`).toEqual(bins);
    expect(await this.read(`${name}/${summary}/all`), `${summary} of all ${name}`).toMatchObject({
      value: expected(rows),
    });
  }

  private read<T = unknown>(path: string): Promise<T> {
    return this.server.json<T>(200, 'GET', `${this.session}/streams/${path}`);
  }
}
