import { Injectable } from '@nestjs/common';
import { type StoredLimits, type StoredScope } from '../schema/access.entity.js';
import { type Actor, recordAudit } from './audit-store.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';

/** The rights of a key. */
export interface KeyRights {
  readonly username: string;
  readonly scope: StoredScope;
  readonly limits: StoredLimits | null;
}

/** When a key expires: at a time, after a number of seconds, or never. */
export type Expiry = { readonly at: Date } | { readonly after: number } | 'never';

/** A valid key. */
export interface ValidKey extends KeyRights {
  readonly id: number;
  /** The seconds until it expires; `null` if it never does. */
  readonly secondsLeft: number | null;
}

/** A key in a list. */
export interface ListedKey extends KeyRights {
  readonly id: number;
  readonly created: Date;
  readonly expires: Date | null;
  readonly revoked: Date | null;
  readonly lastUsed: Date | null;
  readonly lastAddress: string | null;
  readonly successor: number | null;
  /** Whether it is valid now. */
  readonly works: boolean;
}

/** A condition on `api_key`: whether the key is valid, by the database's clock. */
const IS_VALID = 'revoked IS NULL AND (expires IS NULL OR expires > clock_timestamp())';

/**
 * The SQL on keys. Each change is one transaction with its audit record. No TypeORM repository: every statement
 * compares or sets times by the database's clock, so a repository would need several statements, or SQL in every part.
 */
@Injectable()
export class KeyStore {
  constructor(private readonly db: Database) {}

  /** Stores a new key and returns its number. */
  issue(digest: Buffer, rights: KeyRights, expiry: Expiry, by: Actor): Promise<number> {
    return this.db.retrying(async (sql) => {
      const id = await insert(sql, digest, rights, expiry);
      await recordAudit(sql, by, 'key issued', String(id), { ...rights, ...(await expiresOf(sql, id)) });
      return id;
    });
  }

  /**
   * Stores a key with the rights of another one. The old one expires after the overlap, or earlier if it would have
   * anyway. By default the new key gets the lifetime of the old one. Returns the new key's number and its user, or
   * `undefined` if the old number is not that of a valid key.
   */
  rotate(
    id: number,
    digest: Buffer,
    overlapSeconds: number,
    expiry: Expiry | undefined,
    by: Actor,
  ): Promise<{ id: number; username: string } | undefined> {
    return this.db.retrying(async (sql) => {
      const { rows } = await sql.query<KeyRights & { life: number | null }>(
        `SELECT username, scope, limits, extract(epoch FROM expires - created)::float8 AS life
         FROM api_key WHERE id = $1 AND ${IS_VALID} FOR UPDATE`,
        [id],
      );
      const old = rows[0];
      if (!old) return undefined;
      const { life, ...rights } = old;
      const successor = await insert(sql, digest, rights, expiry ?? (life === null ? 'never' : { after: life }));
      await sql.query(
        `UPDATE api_key SET successor = $2, expires = least(expires, clock_timestamp() + make_interval(secs => $3))
         WHERE id = $1`,
        [id, successor, overlapSeconds],
      );
      const ends = await expiresOf(sql, id);
      await recordAudit(sql, by, 'key rotated', String(id), { successor, ...ends });
      return { id: successor, username: rights.username };
    });
  }

  /** Revokes a key; returns its user, or `undefined` if there is no valid key with this number. */
  revoke(id: number, by: Actor): Promise<string | undefined> {
    return this.db.retrying(async (sql) => {
      const { rows } = await sql.query<{ username: string }>(
        `UPDATE api_key SET revoked = clock_timestamp() WHERE id = $1 AND ${IS_VALID} RETURNING username`,
        [id],
      );
      const username = rows[0]?.username;
      if (username !== undefined) await recordAudit(sql, by, 'key revoked', String(id), { username });
      return username;
    });
  }

  /** The valid key with this digest. */
  async find(digest: Buffer): Promise<ValidKey | undefined> {
    const { rows } = await this.db.query<ValidKey>(
      `SELECT id, username, scope, limits, extract(epoch FROM expires - clock_timestamp())::float8 AS "secondsLeft"
       FROM api_key WHERE digest = $1 AND ${IS_VALID}`,
      [digest],
    );
    return rows[0];
  }

  /** The digests of all valid keys, in no order. */
  async validDigests(): Promise<Buffer[]> {
    const { rows } = await this.db.query<{ digest: Buffer }>(`SELECT digest FROM api_key WHERE ${IS_VALID}`);
    return rows.map(({ digest }) => digest);
  }

  /** All keys, including those that are no longer valid, by number. */
  async list(): Promise<ListedKey[]> {
    const { rows } = await this.db.query<ListedKey>(
      `SELECT id, username, scope, limits, created, expires, revoked, last_used AS "lastUsed",
              host(last_address) AS "lastAddress", successor, ${IS_VALID} AS works
       FROM api_key ORDER BY id`,
    );
    return rows;
  }

  /** Whether there is a valid key. */
  async hasAny(): Promise<boolean> {
    return (await this.db.query(`SELECT FROM api_key WHERE ${IS_VALID} LIMIT 1`)).rows.length > 0;
  }
}

async function insert(sql: Sql, digest: Buffer, rights: KeyRights, expiry: Expiry): Promise<number> {
  const at = expiry !== 'never' && 'at' in expiry ? expiry.at : null;
  const after = expiry !== 'never' && 'after' in expiry ? expiry.after : null;
  const { rows } = await sql.query<{ id: number }>(
    `INSERT INTO api_key (username, scope, limits, digest, expires)
     VALUES ($1, $2, $3, $4, coalesce($5::timestamptz, now() + make_interval(secs => $6))) RETURNING id`,
    [rights.username, rights.scope, rights.limits && JSON.stringify(rights.limits), digest, at, after],
  );
  return rows[0]?.id ?? 0;
}

async function expiresOf(sql: Sql, id: number): Promise<{ expires: Date | null }> {
  const { rows } = await sql.query<{ expires: Date | null }>('SELECT expires FROM api_key WHERE id = $1', [id]);
  return { expires: rows[0]?.expires ?? null };
}
