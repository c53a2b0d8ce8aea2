import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type FindManyOptions, MoreThanOrEqual, Raw } from 'typeorm';
import { deleteInBatches } from '../../postgres/delete-in-batches.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { asUnavailable } from '../../postgres/unavailable.js';
import { AuditEntry, DroppedPoints, WriteCount } from '../schema/audit.entity.js';

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

/** The changes that are recorded. */
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
  readonly action: string;
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which records to list; an absent member does not restrict them. */
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

/** Lists what was recorded, by TypeORM's repositories, and removes it when it is old. */
@Injectable()
export class AuditStore {
  constructor(
    private readonly db: Database,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

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

  /** How much was written, by hour and key, the newest `limit` rows, oldest first. */
  async writes({ since, username, limit }: AuditFilter): Promise<WriteCountRecord[]> {
    // An hour begins where the database's time zone has it.
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

  /** What was dropped, and last in the time that is asked for; the newest `limit` rows, oldest first. */
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

  /** Rows newest first in the options' order, returned oldest first. Throws `Unavailable` when the database is away. */
  private async find<Row extends object>(entity: new () => Row, options: FindManyOptions<Row>): Promise<Row[]> {
    return (await this.dataSource.getRepository(entity).find(options).catch(asUnavailable)).reverse();
  }

  /** Deletes rows older than so many days; returns their number. Several processes may do so at the same time. */
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
