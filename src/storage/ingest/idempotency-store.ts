import { Injectable } from '@nestjs/common';
import { deleteInBatches } from '../../postgres/delete-in-batches.js';
import { Database } from '../../postgres/database.js';
import { byteaArray, jsonArray, textArray } from '../../postgres/array-encoding.js';
import { type IfHeld } from '../registry/series-store.js';
import { type Sql } from '../../postgres/sql.js';

/** The claim of a write on its key. */
export interface KeyClaim {
  /** Whose key it is; different callers may use the same one. */
  readonly caller: string;
  readonly key: string;
  /** SHA-256 of the request. */
  readonly digest: Buffer;
}

/** The record of a write that took place. */
export interface KeptAnswer {
  readonly digest: Buffer;
  /** The answer as JSON; `null` for a plain success. */
  readonly answer: string | null;
}

/** Some requests of a batch took place before; `answers` has the record of each by its claim. */
export class KnownKeys extends Error {
  constructor(readonly answers: ReadonlyMap<KeyClaim, KeptAnswer>) {
    super('some requests took place before');
  }
}

/** The request, or another one with its key, took place before. */
export class Repeated extends Error {
  constructor(readonly kept: KeptAnswer) {
    super('the request took place before');
  }
}

/** The life of a record, by the database's clock. */
const LIFETIME = `interval '24 hours'`;

/** Others hold a key only until the end of a transaction that has all its locks, unless their machine died in it. */
const SET_TIMEOUT = "SET LOCAL lock_timeout = '1s'";
const NO_TIMEOUT = 'SET LOCAL lock_timeout = DEFAULT';

const INSERT =
  'INSERT INTO idempotency AS known (caller, key, digest) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])';

/**
 * Stores `Idempotency-Key`s. A key and the points of its request are written in one transaction, so neither is ever
 * there without the other. Writers lock the series of the points first, then claim the keys in ascending order.
 */
@Injectable()
export class IdempotencyStore {
  constructor(private readonly db: Database) {}

  /**
   * Claims keys, all or none, inside the caller's transaction; no key twice. Fails with SQLSTATE 23505 where one of
   * them is stored already, even an expired one, and with 55P03 where others hold one for longer than a second.
   * @param ifHeld how the caller has locked its series; with `wait`, its own lock timeout applies.
   */
  async claim(sql: Sql, claims: readonly KeyClaim[], ifHeld: IfHeld): Promise<void> {
    if (claims.length === 0) return;
    const insert = { name: 'idempotency-claim', text: INSERT, values: columnsOf(claims) };
    await bounded(sql, ifHeld, () => sql.query(insert));
  }

  /** Like `claim`, but replaces expired keys, and throws `KnownKeys` where keys that have not expired are stored. */
  async claimNew(sql: Sql, claims: readonly KeyClaim[], ifHeld: IfHeld): Promise<void> {
    if (claims.length === 0) return;
    const insert = {
      name: 'idempotency-claim-new',
      text: `${INSERT} ON CONFLICT ON CONSTRAINT idempotency_pkey
             DO UPDATE SET digest = excluded.digest, answer = NULL, created = excluded.created
             WHERE known.created < now() - ${LIFETIME} RETURNING caller, key`,
      values: columnsOf(claims),
      rowMode: 'array',
    } as const;
    const { rows } = await bounded(sql, ifHeld, () => sql.query<[caller: string, key: string]>(insert));
    if (rows.length === claims.length) return;
    const claimed = new Set(rows.map(([caller, key]) => nameOf({ caller, key })));
    throw new KnownKeys(
      await this.kept(
        sql,
        claims.filter((claim) => !claimed.has(nameOf(claim))),
      ),
    );
  }

  /** Claims the key of a single write, inside the caller's transaction. Throws `Repeated` where that took place before. */
  async claimOne(sql: Sql, claim: KeyClaim): Promise<void> {
    await sql.query(SET_TIMEOUT);
    try {
      await this.claimNew(sql, [claim], 'wait');
      await sql.query(NO_TIMEOUT);
    } catch (error) {
      const kept = error instanceof KnownKeys ? error.answers.get(claim) : undefined;
      throw kept ? new Repeated(kept) : error;
    }
  }

  /** The records of keys that are stored, and locked by the caller. */
  private async kept(sql: Sql, claims: readonly KeyClaim[]): Promise<Map<KeyClaim, KeptAnswer>> {
    const { rows } = await sql.query<[position: number, digest: Buffer, answer: string | null]>({
      text: `SELECT position::int, digest, answer::text
             FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS claim (caller, key, position)
             JOIN idempotency USING (caller, key)`,
      values: [textArray(claims, ({ caller }) => caller), textArray(claims, ({ key }) => key)],
      rowMode: 'array',
    });
    return new Map(
      rows.flatMap(([position, digest, answer]) => {
        const claim = claims[position - 1];
        return claim ? [[claim, { digest, answer }] as const] : [];
      }),
    );
  }

  /** Stores the answer to each request that is no plain success, and whose key this transaction has claimed. */
  async storeAnswers(sql: Sql, answers: readonly (readonly [claim: KeyClaim, answer: string])[]): Promise<void> {
    if (answers.length === 0) return;
    await sql.query({
      name: 'idempotency-answers',
      text: `UPDATE idempotency i SET answer = given.answer
             FROM unnest($1::text[], $2::text[], $3::json[]) AS given (caller, key, answer)
             WHERE i.caller = given.caller AND i.key = given.key`,
      values: [
        textArray(answers, ([{ caller }]) => caller),
        textArray(answers, ([{ key }]) => key),
        jsonArray(answers, ([, answer]) => answer),
      ],
    });
  }

  /** The record of a key; `undefined` where it was not used, or has expired. */
  async find({ caller, key }: KeyClaim): Promise<KeptAnswer | undefined> {
    const { rows } = await this.db.query<{ digest: Buffer; answer: string | null }>(
      `SELECT digest, answer::text FROM idempotency
       WHERE caller = $1 AND key = $2 AND created >= now() - ${LIFETIME}`,
      [caller, key],
    );
    return rows[0];
  }

  /**
   * Deletes expired keys; returns their number. Several processes may do so at a time, and no writer waits for them.
   */
  removeExpired(): Promise<number> {
    return deleteInBatches(this.db, 'idempotency', `created < now() - ${LIFETIME}`);
  }
}

/** Runs a statement with a lock timeout of a second unless the caller has its own; all three go out in one packet. */
async function bounded<T>(sql: Sql, ifHeld: IfHeld, statement: () => Promise<T>): Promise<T> {
  if (ifHeld === 'wait') return statement();
  const [, result] = await Promise.all([sql.query(SET_TIMEOUT), statement(), sql.query(NO_TIMEOUT)]);
  return result;
}

/** A text that is unique to a claim. */
function nameOf({ caller, key }: Pick<KeyClaim, 'caller' | 'key'>): string {
  return `${caller} ${key}`; // a key has no space
}

/** The claims as arrays in ascending order, which all processes keep: so no two of them wait for each other's keys. */
function columnsOf(claims: readonly KeyClaim[]): Buffer[] {
  const ordered = claims.length === 1 ? claims : claims.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return [
    textArray(ordered, ({ caller }) => caller),
    textArray(ordered, ({ key }) => key),
    byteaArray(ordered, ({ digest }) => digest),
  ];
}
