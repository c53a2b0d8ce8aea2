import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type FindManyOptions, MoreThanOrEqual, Raw } from 'typeorm';
import { deleteInBatches } from '../../postgres/delete-in-batches.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { asUnavailable } from '../../postgres/unavailable.js';
import { AuditEntry, DroppedPoints, WriteCount } from '../schema/audit.entity.js';

/** Who makes a change. */
export interface Actor {
  readonly username: string;
  /** The number of the key; `null` for a network, the command line, and the archive itself. */
  readonly keyId: number | null;
  /** The client's address; `null` on the archive's machine. */
  readonly address: string | null;
}

/** The archive itself, for deletions by retention. */
export const RETENTION: Actor = { username: 'retention', keyId: null, address: null };

/** The archive itself, for sessions that it closes because nobody writes to them. */
export const SESSION_IDLE: Actor = { username: 'session-idle', keyId: null, address: null };

/** The recorded kinds of changes. */
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
  | 'session created'
  | 'session changed'
  | 'session closed'
  | 'session interrupted'
  | 'session reopened'
  | 'session deleted'
  | 'stream registered'
  | 'stream changed'
  | 'annotation added'
  | 'annotation changed'
  | 'annotation deleted'
  | 'database created'
  | 'database changed'
  | 'database deleted'
  | 'field changed'
  | 'field deleted'
  | 'series created'
  | 'rule added'
  | 'rule changed'
  | 'rule deleted'
  | 'event acknowledged'
  | 'event unacknowledged'
  | 'event resolved'
  | 'retention run';

/** A recorded change. */
export interface AuditRecord {
  readonly time: Date;
  readonly username: string;
  readonly apiKey: number | null;
  readonly address: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The records to list; an absent condition restricts nothing. */
export interface AuditFilter {
  readonly since?: Date;
  readonly username?: string;
  readonly target?: string;
  readonly limit: number;
}

/** The writes of a key in an hour. */
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
 * Records a change. Call it in the transaction of the change, so that neither exists without the other.
 * @param target the changed metadata key, number of an API key, network, event type, session, annotation,
 * database, rule or event.
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

/** Lists the audit records with TypeORM's repositories, and deletes old ones. */
@Injectable()
export class AuditStore {
  constructor(
    private readonly db: Database,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /** Records an action that has no transaction. */
  record(
    by: Actor,
    action: AuditAction,
    target: string | null,
    details?: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    return recordAudit(this.db, by, action, target, details);
  }

  /** The newest `limit` matching records, oldest first. */
  async list({ since, username, target, limit }: AuditFilter): Promise<AuditRecord[]> {
    const rows = await this.find(AuditEntry, {
      where: {
        ...(since && { time: MoreThanOrEqual(since) }),
        ...(username !== undefined && { username }),
        ...(target !== undefined && { target }),
      },
      order: { time: 'DESC', id: 'DESC' },
      take: limit,
    });
    return rows.map(({ id: _id, ...record }) => record);
  }

  /** The writes by hour and key: the newest `limit` rows, oldest first. */
  async writes({ since, username, limit }: AuditFilter): Promise<WriteCountRecord[]> {
    // Hours begin by the database's time zone.
    const fromItsHour = (hour: string): string => `${hour} >= date_trunc('hour', CAST(:since AS timestamptz))`;
    const rows = await this.find(WriteCount, {
      where: { ...(since && { hour: Raw(fromItsHour, { since }) }), ...(username !== undefined && { username }) },
      order: { hour: 'DESC', username: 'DESC', apiKey: 'DESC' },
      take: limit,
    });
    return rows.map(({ apiKey, requests, points, ...row }) => ({
      ...row,
      apiKey: apiKey === 0 ? null : apiKey,
      requests: Number(requests),
      points: Number(points),
    }));
  }

  /** Dropped points by the time of the last one: the newest `limit` rows, oldest first. */
  async dropped({ since, username, target, limit }: AuditFilter): Promise<DroppedRecord[]> {
    const rows = await this.find(DroppedPoints, {
      where: {
        ...(since && { lastTime: MoreThanOrEqual(since) }),
        ...(username !== undefined && { username }),
        ...(target !== undefined && { metadata: target }),
      },
      order: { lastTime: 'DESC', metadata: 'DESC', eventType: 'DESC' },
      take: limit,
    });
    return rows.map(({ metadata, eventType, reason, points, ...row }) => ({
      ...{ metadata, eventType, reason, points: Number(points) },
      ...row,
    }));
  }

  /** Finds rows newest first and returns them oldest first. Throws `Unavailable` when the database is away. */
  private async find<Row extends object>(entity: new () => Row, options: FindManyOptions<Row>): Promise<Row[]> {
    return (await this.dataSource.getRepository(entity).find(options).catch(asUnavailable)).reverse();
  }

  /** Deletes rows older than this number of days; returns their number. Several processes may do so at a time. */
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
