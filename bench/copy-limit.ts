import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { encodeCopy } from './copy-format.js';
import { type Measurement } from './load.js';
import { type BenchPoint } from './points.js';

const TABLE = 'bench_point';
const MESSAGE = 64 * 1024;
const CHUNK = 30 * 86_400;
/** 2000-01-01: where the archive's own chunks begin, too. */
const GRID_BEGIN = 946_684_800;

/** The limit of bulk writes: `COPY` in binary into a table like `point`, cut into chunks of 30 days as that is. */
export class CopyLimit {
  private readonly chunks = new Set<number>();

  private constructor(private readonly client: pg.Client) {}

  static async open(databaseUrl: string): Promise<CopyLimit> {
    const client = new pg.Client({ connectionString: databaseUrl });
    // The database ends before the bench where that is interrupted.
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`CREATE TABLE ${TABLE} (LIKE point INCLUDING ALL) PARTITION BY RANGE (ts)`);
    return new CopyLimit(client);
  }

  /** Stores points in one `COPY`; the time is that of the statement, until it is committed. */
  async copy(points: readonly BenchPoint[]): Promise<Measurement> {
    for (const { seconds } of points) await this.cover(Math.floor((seconds - GRID_BEGIN) / CHUNK));
    const bytes = encodeCopy(points);
    const messages: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += MESSAGE) messages.push(bytes.subarray(at, at + MESSAGE));
    const begin = performance.now();
    await pipeline(
      Readable.from(messages),
      this.client.query(
        copyFrom(`COPY ${TABLE} (series, ts, value, denominator, document) FROM STDIN (FORMAT binary)`),
      ),
    );
    return { seconds: (performance.now() - begin) / 1000, latencies: [] };
  }

  /** How PostgreSQL calls its version, such as `18.4`. */
  async version(): Promise<string> {
    const { rows } = await this.client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? '';
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async cover(chunk: number): Promise<void> {
    if (this.chunks.has(chunk)) return;
    this.chunks.add(chunk);
    const [begin, end] = [chunk, chunk + 1].map((edge) => new Date((GRID_BEGIN + edge * CHUNK) * 1000).toISOString());
    await this.client.query(
      `CREATE TABLE ${TABLE}_${chunk} PARTITION OF ${TABLE} FOR VALUES FROM ('${begin ?? ''}') TO ('${end ?? ''}')`,
    );
  }
}
