import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type Repository } from 'typeorm';
import { asUnavailable } from '../../postgres/unavailable.js';
import { Network, type StoredLimits, type StoredScope } from '../schema/access.entity.js';
import { type Actor, recordAudit } from './audit-store.js';
import { Database } from '../../postgres/database.js';
import { type KeyRights } from './key-store.js';

/** A range of addresses whose clients act as a user without a key. */
export interface StoredNetwork extends KeyRights {
  /** Canonical, always with its length: `192.0.2.0/24`. */
  readonly range: string;
  readonly created: Date;
}

/**
 * Lists networks by a TypeORM repository. Each change is one transaction with its audit records, in SQL: PostgreSQL makes
 * ranges canonical, and TypeORM has connections of its own, so a repository could not join the transaction.
 */
@Injectable()
export class NetworkStore {
  private readonly networks: Repository<Network>;

  constructor(
    private readonly db: Database,
    @InjectDataSource() dataSource: DataSource,
  ) {
    this.networks = dataSource.getRepository(Network);
  }

  /** All networks, in the order of their addresses. Throws `Unavailable` when the database is away. */
  list(): Promise<StoredNetwork[]> {
    return this.networks.find({ order: { range: 'ASC' } }).catch(asUnavailable);
  }

  /** Adds networks of a user, and returns their canonical ranges. Networks with the same ranges are replaced. */
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

  /** Removes a network; returns its user, or `undefined` if there is no network with this range. */
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
