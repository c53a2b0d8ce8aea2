import { Injectable } from '@nestjs/common';
import { type StoredLimits, type StoredScope } from '../schema/access.entity.js';
import { type Actor, recordAudit } from './audit-store.js';
import { Database } from '../../postgres/database.js';
import { type KeyRights } from './key-store.js';

/** A range of addresses whose clients act as a user. */
export interface StoredNetwork extends KeyRights {
  /** Such as `192.0.2.0/24`; canonical, always with its length. */
  readonly range: string;
  readonly created: Date;
}

/** The SQL on networks. Each change is one transaction with its lines in the audit. */
@Injectable()
export class NetworkStore {
  constructor(private readonly db: Database) {}

  /** All networks, in the order of their addresses. */
  async list(): Promise<StoredNetwork[]> {
    const { rows } = await this.db.query<StoredNetwork>(
      'SELECT range::text AS range, username, scope, limits, created FROM network ORDER BY network.range',
    );
    return rows;
  }

  /** Adds networks of a user, and returns them as they are kept; what was known of the same ranges is replaced. */
  add(
    username: string,
    ranges: readonly string[],
    scope: StoredScope,
    limits: StoredLimits | null,
    by: Actor,
  ): Promise<string[]> {
    return this.db.retrying(async (sql) => {
      const { rows } = await sql.query<{ range: string }>(
        `INSERT INTO network (range, username, scope, limits)
         SELECT DISTINCT network(range), $2, $3, $4::jsonb FROM unnest($1::inet[]) AS range ORDER BY 1
         ON CONFLICT ON CONSTRAINT network_range
         DO UPDATE SET username = excluded.username, scope = excluded.scope, limits = excluded.limits, created = now()
         RETURNING range::text AS range`,
        [ranges, username, scope, limits && JSON.stringify(limits)],
      );
      for (const { range } of rows) {
        await recordAudit(sql, by, 'network added', range, { username, scope, limits });
      }
      return rows.map(({ range }) => range);
    });
  }

  /** Removes a network; returns whose it was, or `undefined` where there is none of this range. */
  remove(range: string, by: Actor): Promise<string | undefined> {
    return this.db.retrying(async (sql) => {
      const { rows } = await sql.query<{ username: string; range: string }>(
        'DELETE FROM network WHERE range = network($1::inet) RETURNING username, range::text AS range',
        [range],
      );
      const [removed] = rows;
      if (removed) await recordAudit(sql, by, 'network removed', removed.range, { username: removed.username });
      return removed?.username;
    });
  }
}
