import { Injectable } from '@nestjs/common';
import { deleteInBatches } from '../../postgres/delete-in-batches.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';

/** Who does something. */
export interface Actor {
  readonly username: string;
  /** The number of the key; `null` for a network, the command line, and the archive itself. */
  readonly keyId: number | null;
  /** Where it comes from; `null` where it comes from the archive's own machine. */
  readonly address: string | null;
}

/** The archive itself, when retention is at work. */
export const RETENTION: Actor = { username: 'retention', keyId: null, address: null };

/** What can be done that is told of afterwards. */
export type AuditAction =
  | 'metadata created'
  | 'metadata extended'
  | 'metadata deleted'
  | 'event type deleted'
  | 'points deleted'
  | 'event type declared'
  | 'declaration changed'
  | 'declaration removed'
  | 'key issued'
  | 'key rotated'
  | 'key revoked'
  | 'network added'
  | 'network removed'
  | 'retention run';

/** A change that was made. */
export interface AuditRecord {
  readonly time: Date;
  readonly username: string;
  readonly apiKey: number | null;
  readonly address: string | null;
  readonly action: AuditAction;
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which records to list; what is absent does not count. */
export interface AuditFilter {
  readonly since?: Date;
  readonly username?: string;
  readonly target?: string;
  readonly limit: number;
}

/** How much was written with a key in an hour. */
export interface WriteCountRecord {
  readonly hour: Date;
  readonly username: string;
  readonly apiKey: number | null;
  readonly requests: number;
  readonly points: number;
}

/** Points that were dropped on purpose. */
export interface DroppedRecord {
  readonly metadata: string;
  readonly eventType: string;
  readonly reason: string;
  readonly points: number;
  readonly firstTime: Date;
  readonly lastTime: Date;
  readonly username: string;
  readonly apiKey: number | null;
  readonly address: string | null;
}

/**
 * Records a change; inside the transaction that makes it, so that there is never one without the other.
 * @param target the metadata key, the number of the key, the network, or the event type that is changed.
 */
export async function recordAudit(
  sql: Sql,
  by: Actor,
  action: AuditAction,
  target: string | null,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await sql.query(
    `INSERT INTO audit (username, api_key, address, action, target, details) VALUES ($1, $2, $3, $4, $5, $6)`,
    [by.username, by.keyId, by.address, action, target, JSON.stringify(details)],
  );
}

/** The SQL that lists what was recorded, and lets it go when it is old. */
@Injectable()
export class AuditStore {
  constructor(private readonly db: Database) {}

  /** Records what is no transaction of its own. */
  record(
    by: Actor,
    action: AuditAction,
    target: string | null,
    details?: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    return recordAudit(this.db, by, action, target, details);
  }

  /** The newest records that fit, oldest first. */
  async list({ since, username, target, limit }: AuditFilter): Promise<AuditRecord[]> {
    const { rows } = await this.db.query<AuditRecord>(
      `SELECT time, username, api_key AS "apiKey", host(address) AS address, action, target, details FROM audit
       WHERE ($1::timestamptz IS NULL OR time >= $1) AND ($2::text IS NULL OR username = $2)
         AND ($3::text IS NULL OR target = $3)
       ORDER BY time DESC, id DESC LIMIT $4`,
      [since ?? null, username ?? null, target ?? null, limit],
    );
    return rows.reverse();
  }

  /** How much was written, by hour and key, the newest `limit` rows, oldest first. */
  async writes({ since, username, limit }: AuditFilter): Promise<WriteCountRecord[]> {
    const { rows } = await this.db.query<WriteCountRecord>(
      `SELECT hour, username, nullif(api_key, 0) AS "apiKey", requests::float8 AS requests, points::float8 AS points
       FROM write_count
       WHERE ($1::timestamptz IS NULL OR hour >= date_trunc('hour', $1::timestamptz))
         AND ($2::text IS NULL OR username = $2)
       ORDER BY hour DESC, username DESC, api_key DESC LIMIT $3`,
      [since ?? null, username ?? null, limit],
    );
    return rows.reverse();
  }

  /** What was dropped, and last in the time that is asked for; the newest `limit` rows, oldest first. */
  async dropped({ since, username, target, limit }: AuditFilter): Promise<DroppedRecord[]> {
    const { rows } = await this.db.query<DroppedRecord>(
      `SELECT metadata, event_type AS "eventType", reason, points::float8 AS points, first_time AS "firstTime",
              last_time AS "lastTime", username, api_key AS "apiKey", host(address) AS address
       FROM dropped_points
       WHERE ($1::timestamptz IS NULL OR last_time >= $1) AND ($2::text IS NULL OR username = $2)
         AND ($3::text IS NULL OR metadata = $3)
       ORDER BY last_time DESC, metadata DESC, event_type DESC LIMIT $4`,
      [since ?? null, username ?? null, target ?? null, limit],
    );
    return rows.reverse();
  }

  /** Removes what is older than so many days; returns the number of rows. Several processes may be at it. */
  async removeOlder(days: number): Promise<number> {
    const condition = (time: string): string => `${time} < now() - make_interval(days => $1)`;
    let removed = 0;
    for (const [table, time] of [
      ['audit', 'time'],
      ['write_count', 'hour'],
      ['dropped_points', 'last_time'],
    ] as const)
      removed += await deleteInBatches(this.db, table, condition(time), [days]);
    return removed;
  }
}
