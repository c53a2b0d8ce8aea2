import { Injectable } from '@nestjs/common';
import { type Actor } from './audit-store.js';
import { Database } from '../../postgres/database.js';

/** The last use of a key. */
export interface KeyUse {
  readonly keyId: number;
  /** The time since then. */
  readonly secondsAgo: number;
  readonly address: string | null;
}

/** The writes of a user with a key. */
export interface Written {
  readonly username: string;
  readonly keyId: number | null;
  readonly requests: number;
  readonly points: number;
}

/** Dropped points, and the last sender. */
export interface Dropped {
  readonly metadata: string;
  readonly eventType: string;
  readonly reason: string;
  readonly points: number;
  readonly by: Actor;
}

/** The counts since they were last stored. */
export interface Tally {
  readonly uses: readonly KeyUse[];
  readonly written: readonly Written[];
  readonly dropped: readonly Dropped[];
}

/** Stores usage counted in memory, with one statement for each table. */
@Injectable()
export class UsageStore {
  constructor(private readonly db: Database) {}

  /**
   * Adds all counts in one transaction. Several processes may do so at a time. The last use of a key never moves back.
   */
  async add({ uses, written, dropped }: Tally): Promise<void> {
    await this.db.retrying(async (sql) => {
      // All processes update rows in the same order, so they wait for each other and do not deadlock.
      if (uses.length > 0)
        await sql.query(
          `UPDATE api_key k SET last_used = u.time, last_address = u.address
           FROM (SELECT id, address, clock_timestamp() - make_interval(secs => age) AS time
                 FROM unnest($1::int4[], $2::float8[], $3::inet[]) AS used (id, age, address)) u
           WHERE k.id = u.id AND (k.last_used IS NULL OR k.last_used < u.time)`,
          [uses.map(({ keyId }) => keyId), uses.map(({ secondsAgo }) => secondsAgo), uses.map((use) => use.address)],
        );
      if (written.length > 0)
        await sql.query(
          `INSERT INTO write_count AS c (hour, username, api_key, requests, points)
           SELECT date_trunc('hour', now()), username, api_key, sum(requests), sum(points)
           FROM unnest($1::text[], $2::int4[], $3::int8[], $4::int8[]) AS w (username, api_key, requests, points)
           GROUP BY username, api_key ORDER BY username, api_key
           ON CONFLICT ON CONSTRAINT write_count_pkey
           DO UPDATE SET requests = c.requests + excluded.requests, points = c.points + excluded.points`,
          [
            written.map(({ username }) => username),
            written.map(({ keyId }) => keyId ?? 0),
            written.map(({ requests }) => requests),
            written.map(({ points }) => points),
          ],
        );
      if (dropped.length > 0)
        await sql.query(
          `INSERT INTO dropped_points AS d (metadata, event_type, reason, points, username, api_key, address)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::text[], $6::int4[], $7::inet[])
           ORDER BY 1, 2, 3
           ON CONFLICT ON CONSTRAINT dropped_points_pkey
           DO UPDATE SET points = d.points + excluded.points, last_time = excluded.last_time,
                         username = excluded.username, api_key = excluded.api_key, address = excluded.address`,
          [
            dropped.map(({ metadata }) => metadata),
            dropped.map(({ eventType }) => eventType),
            dropped.map(({ reason }) => reason),
            dropped.map(({ points }) => points),
            dropped.map(({ by }) => by.username),
            dropped.map(({ by }) => by.keyId),
            dropped.map(({ by }) => by.address),
          ],
        );
    });
  }
}
