import pg from 'pg';
import { type OwnServer } from './own-server.js';

/** The tables that are weighed: the columns that tell when a row begins, and how many points it stands for. */
const WEIGHED = {
  segment: { time: 'first', points: 'points' },
  rollup: { time: 'bin', points: 'count' },
} as const;

/** What is weighed: points, or bins of summaries. */
export type WeighedTable = keyof typeof WEIGHED;

/** The packing of points in the bench's own server. */
export class Packing {
  private packed: Promise<void> | undefined;

  constructor(private readonly server: OwnServer) {}

  /** Packs all points that are stored so far, by `marigram pack --all`; once, however often it is called. */
  packAll(): Promise<void> {
    this.packed ??= this.server.command(['pack', '--all'], /^Packed \d+ points/).then(() => undefined);
    return this.packed;
  }

  /** Does something while the server's packing job is under way. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    this.server.send('pack');
    try {
      return await work();
    } finally {
      await this.server.ask('rest');
    }
  }

  /** What the chunks of a table take on disk for each of their points, indexes and all; begin and end in seconds. */
  async bytesPerPoint(table: WeighedTable, begin: number, end: number): Promise<number> {
    const { time, points } = WEIGHED[table];
    const client = new pg.Client({ connectionString: this.server.databaseUrl() });
    await client.connect();
    try {
      const { rows } = await client.query<{ bytes: number }>(
        `SELECT sum(pg_total_relation_size(chunk))::float8 / sum(points)::float8 AS bytes
         FROM (SELECT tableoid AS chunk, sum(${points}) AS points FROM ${table}
               WHERE ${time} >= to_timestamp($1) AND ${time} < to_timestamp($2) GROUP BY tableoid) c`,
        [begin, end],
      );
      return rows[0]?.bytes ?? NaN;
    } finally {
      await client.end();
    }
  }
}
