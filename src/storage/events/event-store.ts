import { Injectable } from '@nestjs/common';
import { NotFound, StateConflict } from '../../common/errors.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf } from '../../postgres/timestamps.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { SeriesStore } from '../registry/series-store.js';
import { type StoredEvent } from './event.js';
import { conditionsOf, type EventSearch } from './event-search.js';

const SELECT = `
  SELECT e.id, e.rule, e.rule_name AS "ruleName", e.metadata_key AS "metadataKey", e.sensor,
         e.event_type AS "eventType", e.type, e.severity, ${microsOf('e.opened')} AS opened,
         ${microsOf('e.first_warning')} AS "firstWarning", ${microsOf('e.received')} AS received, e.value, e.threshold,
         coalesce(s.warnings, e.warnings) AS warnings, CASE WHEN s.rule IS NULL THEN e.peak ELSE s.peak END AS peak,
         ${microsOf('e.closed')} AS closed, e.closed_by AS "closedBy", e.text,
         CASE WHEN e.acknowledged_at IS NOT NULL THEN
           json_build_object('by', e.acknowledged_by, 'at', ${microsOf('e.acknowledged_at')}, 'note', e.acknowledged_note)
         END AS acknowledged
  FROM event e LEFT JOIN rule_state s ON s.open_event = e.id`;

/** The events of rules. Each change is one transaction with its audit record. Reads ask the primary. */
@Injectable()
export class EventStore {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
  ) {}

  /** A page of events, in the order of the times when they were opened and then of their ids; whether more follow. */
  async list(search: EventSearch): Promise<{ events: StoredEvent[]; more: boolean }> {
    const { where, values } = conditionsOf(search);
    const order = search.descending ? 'DESC' : 'ASC';
    const { rows } = await this.db
      .reader(true)
      .query<StoredEvent>(`${SELECT} ${where} ORDER BY e.opened ${order}, e.id ${order} LIMIT $${values.length + 1}`, [
        ...values,
        search.limit + 1,
      ]);
    return { events: rows.slice(0, search.limit), more: rows.length > search.limit };
  }

  /** The event with this id. Throws `NotFound`. */
  find(id: string): Promise<StoredEvent> {
    return find(this.db.reader(true), id);
  }

  /**
   * Notes that somebody knows of an open event. A second time it changes the note only, where one is given. Throws
   * `NotFound`, and `StateConflict` where it is closed.
   */
  acknowledge(id: string, note: string | undefined, by: Actor): Promise<StoredEvent> {
    return this.change(id, by, 'event acknowledged', async (sql, { acknowledged }) => {
      if (acknowledged && (note === undefined || note === acknowledged.note)) return false;
      await sql.query(
        `UPDATE event SET acknowledged_at = coalesce(acknowledged_at, clock_timestamp()),
                          acknowledged_by = coalesce(acknowledged_by, $2), acknowledged_note = coalesce($3, acknowledged_note)
         WHERE id = $1`,
        [id, by.username, note ?? null],
      );
      return true;
    });
  }

  /** Takes that back. Throws `NotFound`, and `StateConflict` where the event is closed. */
  unacknowledge(id: string, by: Actor): Promise<StoredEvent> {
    return this.change(id, by, 'event unacknowledged', async (sql, { acknowledged }) => {
      if (!acknowledged) return false;
      await sql.query(
        `UPDATE event SET acknowledged_at = NULL, acknowledged_by = NULL, acknowledged_note = NULL WHERE id = $1`,
        [id],
      );
      return true;
    });
  }

  /**
   * Closes an open event by hand, at the database's time. Throws `NotFound`, and `StateConflict` where it is closed.
   * @param rearm begins the run anew, so that as many warnings as the rule asks for open another event; else that takes a
   * normal value first.
   */
  resolve(id: string, { note, rearm }: { note: string | undefined; rearm: boolean }, by: Actor): Promise<StoredEvent> {
    const details = { rearm, ...(note !== undefined && { note }) };
    return this.change(
      id,
      by,
      'event resolved',
      async (sql, { warnings, peak }) => {
        await sql.query(
          `UPDATE event SET closed = clock_timestamp(), closed_by = 'manual', warnings = $2, peak = $3 WHERE id = $1`,
          [id, warnings, peak],
        );
        await sql.query(
          rearm
            ? 'DELETE FROM rule_state WHERE open_event = $1'
            : 'UPDATE rule_state SET open_event = NULL, normals = 0 WHERE open_event = $1',
          [id],
        );
        return true;
      },
      details,
    );
  }

  /** Changes an open event; @param work returns whether it has changed something. */
  private change(
    id: string,
    by: Actor,
    action: 'event acknowledged' | 'event unacknowledged' | 'event resolved',
    work: (sql: Sql, event: StoredEvent) => Promise<boolean>,
    details: Readonly<Record<string, unknown>> = {},
  ): Promise<StoredEvent> {
    return this.db.retrying(async (sql) => {
      await this.lock(sql, id);
      const event = await find(sql, id);
      if (event.closed !== null) throw new StateConflict(`the event ${id} is closed`);
      if (!(await work(sql, event))) return event;
      await recordAudit(sql, by, action, id, details);
      return find(sql, id);
    });
  }

  /** Locks the series of an event, as writers do, and then the event. */
  private async lock(sql: Sql, id: string): Promise<void> {
    const { rows } = await sql.query<{ series: number | null }>('SELECT series FROM event WHERE id = $1', [id]);
    const series = rows[0]?.series;
    if (series != null) await this.series.lockAll(sql, [series]);
    await sql.query('SELECT FROM event WHERE id = $1 FOR NO KEY UPDATE', [id]);
  }
}

async function find(sql: Sql, id: string): Promise<StoredEvent> {
  const { rows } = await sql.query<StoredEvent>(`${SELECT} WHERE e.id = $1`, [id]);
  if (!rows[0]) throw new NotFound(`there is no event ${id}`);
  return rows[0];
}
