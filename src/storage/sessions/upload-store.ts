import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { Contention } from '../../postgres/unavailable.js';

/** How long uploads are kept, by the database's clock. */
const LIFETIME = `interval '10 minutes'`;

/** How many uploads of one session and table are looked at. */
const MOST_KEPT = 64;

/** What an upload is recognised by: SHA-256 of the values of all its rows, of the first half of them, and of the rest. */
export interface UploadDigests {
  /** How many rows it has; the first half has this number divided by 2, rounded down. */
  readonly rows: number;
  readonly whole: Buffer;
  readonly firstHalf: Buffer;
  readonly secondHalf: Buffer;
}

/** Where an upload goes. Uploads to different targets have nothing in common. */
export interface UploadTarget {
  readonly session: string;
  readonly table: string;
}

/** The uploads of a session to a table that were stored of late. */
export interface KeptUploads {
  /** The newest first. */
  readonly uploads: readonly UploadDigests[];
  /** The number of the newest one, 0 where there is none. */
  readonly newest: number;
}

/**
 * Which uploads the Luna door stored of late. Each is recorded in the transaction of its rows, so neither is ever there
 * without the other.
 */
@Injectable()
export class UploadStore {
  constructor(private readonly db: Database) {}

  /** The last 64 uploads, without those that are older than 10 minutes. */
  async kept({ session, table }: UploadTarget): Promise<KeptUploads> {
    const { rows } = await this.db.query<UploadDigests & { readonly id: number; readonly isYoung: boolean }>(
      `SELECT id::float8, rows, whole, first_half AS "firstHalf", second_half AS "secondHalf",
              created > clock_timestamp() - ${LIFETIME} AS "isYoung"
       FROM luna_upload WHERE session = $1 AND target = $2 ORDER BY luna_upload.id DESC LIMIT ${MOST_KEPT}`,
      [session, table],
    );
    return { uploads: rows.filter(({ isYoung }) => isYoung), newest: rows[0]?.id ?? 0 };
  }

  /**
   * Throws `Contention` where another one was stored since `kept` was asked, inside the caller's transaction. It misses
   * none that has a series whose lock the caller holds.
   */
  async requireNewest(sql: Sql, { session, table }: UploadTarget, { newest }: KeptUploads): Promise<void> {
    const { rows } = await sql.query({
      name: 'luna-newer',
      text: 'SELECT FROM luna_upload WHERE session = $1 AND target = $2 AND id > $3 LIMIT 1',
      values: [session, table, newest],
    });
    if (rows.length > 0) throw new Contention();
  }

  /** Sends the statement that records an upload, inside the caller's transaction; removes those that are too old. */
  async keep(sql: Sql, { session, table }: UploadTarget, upload: UploadDigests): Promise<void> {
    const { rows, whole, firstHalf, secondHalf } = upload;
    await sql.query({
      name: 'luna-keep',
      text: `WITH old AS (
               DELETE FROM luna_upload WHERE id IN (SELECT id FROM luna_upload
                 WHERE created < clock_timestamp() - ${LIFETIME} FOR UPDATE SKIP LOCKED))
             INSERT INTO luna_upload (session, target, rows, whole, first_half, second_half)
             VALUES ($1, $2, $3, $4, $5, $6)`,
      values: [session, table, rows, whole, firstHalf, secondHalf],
    });
  }
}
