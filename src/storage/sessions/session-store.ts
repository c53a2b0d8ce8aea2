import { Injectable } from '@nestjs/common';
import { Invalid, NotFound, StateConflict, Unavailable } from '../../common/errors.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Actor, type AuditAction, recordAudit } from '../access/audit-store.js';
import { POINT_TIMES } from '../registry/relations.js';
import { type SessionStatus } from '../schema/session.entity.js';
import { type MetaFilter, metaMatches, metaValues } from './meta-filter.js';
import { rowRangesOf, rowsOf } from './row-ranges.js';
import { type RowRange } from './stream-ledger.js';

/** A session to be created. */
export interface NewSession {
  readonly id: string;
  readonly name: string;
  /** Who runs the test. */
  readonly operator: string;
  /** When the test begins, in micros; the database's time unless given. */
  readonly testStart: number | undefined;
  /** A JSON object. */
  readonly meta: string;
}

/** A session as it is stored. All times in micros. */
export interface StoredSession {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly operator: string;
  readonly status: SessionStatus;
  readonly testStart: number;
  /** `null` while it is open. */
  readonly testEnd: number | null;
  /** The text of a JSON object, as PostgreSQL prints it. */
  readonly meta: string;
  /** The number of streams, and of rows that were taken of all of them. */
  readonly streams: number;
  readonly rows: number;
  /** The times of the first and the last point of all streams; `null` where there is none. */
  readonly first: number | null;
  readonly last: number | null;
  readonly created: number;
  readonly updated: number;
}

/** What clients may change of a session; `meta` is the text of a JSON object. */
export type ChangeableSession = Pick<StoredSession, 'name' | 'meta'>;

/** Which sessions to list; an absent condition restricts nothing. */
export interface SessionFilter {
  readonly name?: string | undefined;
  readonly operator?: string | undefined;
  readonly status?: SessionStatus | undefined;
  readonly meta: MetaFilter;
  /** When the test began (micros), both inclusive. */
  readonly from: number;
  readonly to: number;
}

/** The rows that a stream lacks below its highest one. */
export interface StreamGaps {
  readonly stream: string;
  readonly received: readonly RowRange[];
}

/** The statuses of a session that has ended. */
export type EndStatus = Exclude<SessionStatus, 'open'>;

const SELECT = `
  SELECT n.id, n.number, n.name, n.operator, n.status, n.username, ${microsOf('n.test_start')} AS "testStart",
         ${microsOf('n.test_end')} AS "testEnd", n.meta::text AS meta, t.streams, t.rows,
         ${microsOf('t.first')} AS first, ${microsOf('t.last')} AS last,
         ${microsOf('n.created')} AS created, ${microsOf('n.updated')} AS updated
  FROM session n CROSS JOIN LATERAL (
    SELECT count(*)::int AS streams, coalesce(sum(${rowsOf('s.received')}), 0)::float8 AS rows,
           min(p.first) AS first, max(p.last) AS last
    FROM session_stream s JOIN ${POINT_TIMES} p USING (series) WHERE s.session = n.id) t`;

/** An SQL condition: the session `n` is open, and nothing was written to it or changed of it for $1 seconds. */
const IS_IDLE = `
  n.status = 'open' AND n.updated < now() - make_interval(secs => $1) AND NOT EXISTS (
    SELECT FROM session_stream s JOIN ${POINT_TIMES} p USING (series)
    WHERE s.session = n.id AND p.updated >= now() - make_interval(secs => $1))`;

/** A session, and whose key created it. */
type OwnedSession = StoredSession & { readonly username: string };

const ACTIONS: Readonly<Record<SessionStatus, AuditAction>> = {
  open: 'session reopened',
  closed: 'session closed',
  interrupted: 'session interrupted',
};

/**
 * The SQL on sessions. Each change is one transaction with its audit record. Reads ask the primary: a client that has
 * just registered or closed something looks at it next.
 */
@Injectable()
export class SessionStore {
  constructor(private readonly db: Database) {}

  /** The session with this id, or `undefined`. */
  async find(id: string): Promise<StoredSession | undefined> {
    return this.read(this.db.reader(true), id);
  }

  /** The session with this number, or `undefined`. */
  async ofNumber(number: number): Promise<StoredSession | undefined> {
    const text = `${SELECT} WHERE n.number = $1`;
    return (await this.db.reader(true).query<StoredSession>({ name: 'session-number', text, values: [number] }))
      .rows[0];
  }

  /**
   * An id for a session whose creation may be repeated, but has no id: that of the newest session whose id was made of this
   * stem, if it is younger than some seconds; else a new one.
   * @param stem no id that is made of another stem begins with it.
   */
  async repeatableId(stem: string, seconds: number): Promise<string> {
    // A "/" comes behind a "." and is in no id.
    const { rows } = await this.db.query<{ id: string; isYoung: boolean; ids: number }>(
      `SELECT id, created > clock_timestamp() - $2 * interval '1 second' AS "isYoung", count(*) OVER ()::int AS ids
       FROM session WHERE id >= $1 AND id < $1 || '/' ORDER BY number DESC LIMIT 1`,
      [stem, seconds],
    );
    const [newest] = rows;
    if (!newest) return stem;
    return newest.isYoung ? newest.id : `${stem}.${newest.ids + 1}`;
  }

  /** A page of the sessions that match, newest `testStart` first, and whether more follow. */
  async list(
    { name, operator, status, meta, from, to }: SessionFilter,
    { limit, offset }: { readonly limit: number; readonly offset: number },
  ): Promise<{ rows: StoredSession[]; more: boolean }> {
    const { rows } = await this.db.reader(true).query<StoredSession>(
      `${SELECT} WHERE ($1::text IS NULL OR n.name = $1) AND ($2::text IS NULL OR n.operator = $2)
         AND ($3::text IS NULL OR n.status = $3) AND n.test_start BETWEEN $4 AND $5
         AND ${metaMatches('n.meta', '$6', '$7')}
       ORDER BY n.test_start DESC, n.number DESC LIMIT $8 OFFSET $9`,
      [
        ...[name ?? null, operator ?? null, status ?? null, timestampOf(from), timestampOf(to)],
        ...metaValues(meta),
        ...[limit + 1, offset],
      ],
    );
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /**
   * Creates a session, or finds the stored one of this id, which stays as it is. Safe against others that create the same
   * at the same time. Throws `StateConflict` where the stored one has another `testStart`, or belongs to another user.
   * @returns the session, and whether it is new.
   */
  async create(wanted: NewSession, by: Actor): Promise<{ session: StoredSession; isNew: boolean }> {
    return this.db.retrying(async (sql) => {
      // First a look: an insert that conflicts uses up a number.
      const known = await this.read(sql, wanted.id);
      const isNew = !known && (await this.insert(sql, wanted, by));
      const session = known ?? (await this.read(sql, wanted.id));
      if (!session) throw new Unavailable(`session ${wanted.id} was deleted while it was created, try again`);
      if (!isNew) refuseOther(session, wanted, by);
      return { session, isNew };
    });
  }

  private async insert(sql: Sql, { id, name, operator, testStart, meta }: NewSession, by: Actor): Promise<boolean> {
    const { rowCount } = await sql.query(
      `INSERT INTO session (id, name, username, operator, status, test_start, meta)
       VALUES ($1, $2, $3, $4, 'open', coalesce($5::timestamptz, clock_timestamp()), $6::jsonb)
       ON CONFLICT ON CONSTRAINT session_pkey DO NOTHING`,
      [id, name, by.username, operator, testStart === undefined ? null : timestampOf(testStart), meta],
    );
    if (rowCount === 1) await recordAudit(sql, by, 'session created', id, { name, operator });
    return rowCount === 1;
  }

  /**
   * Changes name and meta of a session. Throws `NotFound`, and what `change` throws.
   * @param change makes the new values of the stored ones; it may run several times.
   */
  update(id: string, change: (stored: ChangeableSession) => ChangeableSession, by: Actor): Promise<StoredSession> {
    return this.db.retrying(async (sql) => {
      const stored = await this.lock(sql, id);
      const { name, meta } = change(stored);
      const { rowCount } = await sql.query(
        `UPDATE session SET name = $2, meta = $3::jsonb, updated = clock_timestamp()
         WHERE id = $1 AND (name, meta) IS DISTINCT FROM ($2, $3::jsonb)`,
        [id, name, meta],
      );
      if (rowCount === 0) return stored;
      await recordAudit(sql, by, 'session changed', id, { name });
      return this.readKnown(sql, id);
    });
  }

  /**
   * Ends an open session; where it has ended already in the same way and at the same time, it stays as it is. Waits for
   * the writes that are under way. Throws `NotFound`, `Invalid` for an end before the start, and `StateConflict` where the
   * session has ended in another way or at another time.
   * @param testEnd in micros; the last point unless given, or the database's time where there is none.
   */
  end(id: string, status: EndStatus, testEnd: number | undefined, by: Actor): Promise<StoredSession> {
    return this.db.retrying(async (sql) => {
      const stored = await this.lock(sql, id);
      if (testEnd !== undefined && testEnd < stored.testStart)
        throw new Invalid(`test-end: ${testEnd} is before test-start, ${stored.testStart}`);
      if (stored.status !== 'open') {
        const isSame = stored.status === status && (testEnd ?? stored.testEnd) === stored.testEnd;
        if (isSame) return stored;
        throw new StateConflict(
          `session ${id} is ${stored.status} already, with test-end ${stored.testEnd}: POST …/reopen first`,
        );
      }
      return this.close(sql, id, status, testEnd ?? lastMoment(stored), by);
    });
  }

  /** Closes the sessions to which nothing was written for so many seconds, each at its last point; returns their ids. */
  async endIdle(seconds: number, by: Actor): Promise<string[]> {
    const { rows } = await this.db.query<{ id: string }>(`SELECT id FROM session n WHERE ${IS_IDLE}`, [seconds]);
    const ended: string[] = [];
    for (const { id } of rows)
      await this.db.retrying(async (sql) => {
        const stored = await this.lock(sql, id);
        // A point may have come while this one waited for the lock.
        const idle = await sql.query(`SELECT FROM session n WHERE ${IS_IDLE} AND n.id = $2`, [seconds, id]);
        if (idle.rows.length === 0) return;
        await this.close(sql, id, 'closed', lastMoment(stored), by);
        ended.push(id);
      });
    return ended;
  }

  /** @param end in micros; `null` for the database's time. */
  private close(sql: Sql, id: string, status: EndStatus, end: number | null, by: Actor): Promise<StoredSession> {
    return this.setStatus(sql, id, status, end === null ? 'greatest(clock_timestamp(), test_start)' : '$3', end, by);
  }

  /** Opens a session that has ended; an open one stays as it is. Throws `NotFound`. */
  reopen(id: string, by: Actor): Promise<StoredSession> {
    return this.db.retrying(async (sql) => {
      const stored = await this.lock(sql, id);
      return stored.status === 'open' ? stored : this.setStatus(sql, id, 'open', 'NULL', null, by);
    });
  }

  /** @param end an SQL expression for `test_end`; `$3` stands for `micros`. */
  private async setStatus(
    sql: Sql,
    id: string,
    status: SessionStatus,
    end: string,
    micros: number | null,
    by: Actor,
  ): Promise<StoredSession> {
    await sql.query(`UPDATE session SET status = $2, test_end = ${end}, updated = clock_timestamp() WHERE id = $1`, [
      id,
      status,
      ...(micros === null ? [] : [timestampOf(micros)]),
    ]);
    await recordAudit(sql, by, ACTIONS[status], id);
    return this.readKnown(sql, id);
  }

  /** The streams of a session that lack rows below their highest one, in the order of registration. */
  async incomplete(id: string): Promise<StreamGaps[]> {
    const { rows } = await this.db.reader(true).query<StreamGaps>(
      `SELECT id AS stream, ${rowRangesOf('received')} AS received FROM session_stream
       WHERE session = $1 AND received <> int8multirange(int8range(0, upper(received))) ORDER BY number`,
      [id],
    );
    return rows;
  }

  /**
   * Locks a session inside the caller's transaction, against everything else: no stream is registered, and no point
   * stored any more. Returns whether it is there. Writers lock the series of its streams first.
   */
  async lockForRemoval(sql: Sql, id: string): Promise<boolean> {
    return (await sql.query('SELECT FROM session WHERE id = $1 FOR UPDATE', [id])).rowCount === 1;
  }

  /** Removes a session without streams, inside such a transaction. */
  async remove(sql: Sql, id: string): Promise<void> {
    await sql.query('DELETE FROM session WHERE id = $1', [id]);
  }

  /** Locks a session against other changes, but not against new streams and points, and returns it. */
  private async lock(sql: Sql, id: string): Promise<StoredSession> {
    // Two statements: the second one sees what was committed while the first one waited.
    await sql.query('SELECT FROM session WHERE id = $1 FOR NO KEY UPDATE', [id]);
    return this.readKnown(sql, id);
  }

  private async readKnown(sql: Sql, id: string): Promise<StoredSession> {
    const session = await this.read(sql, id);
    if (!session) throw new NotFound(`there is no session ${id}`);
    return session;
  }

  private async read(sql: Sql, id: string): Promise<OwnedSession | undefined> {
    const { rows } = await sql.query<OwnedSession>({
      name: 'session-find',
      text: `${SELECT} WHERE n.id = $1`,
      values: [id],
    });
    return rows[0];
  }
}

function refuseOther(stored: OwnedSession, { id, testStart }: NewSession, by: Actor): void {
  if (stored.username !== by.username)
    throw new StateConflict(`session ${id} exists already, and belongs to another user`);
  if (testStart !== undefined && testStart !== stored.testStart)
    throw new StateConflict(`session ${id} exists already, with test-start ${stored.testStart}`);
}

/** The time of the last point, or the start where all are before it; `null` where there is none. */
function lastMoment({ last, testStart }: StoredSession): number | null {
  return last === null ? null : Math.max(last, testStart);
}
