import { type RunState } from '../../evaluation/run.js';
import { int4Array, textArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type ENDINGS, type NewEvent } from './event.js';

/** A rule on a series. */
export interface RunPlace {
  readonly series: number;
  readonly rule: string;
}

/** How far a rule is on a series. All times in micros. */
export type StoredRun = RunPlace & RunState;

/** An event that a normal value has closed. */
export interface ClosedEvent {
  readonly id: string;
  /** The time of that value. */
  readonly closed: number;
  /** Of the whole run. */
  readonly warnings: number;
  readonly peak: number | null;
}

/** What some points have changed. */
export interface RunChanges {
  /** The runs that go on. */
  readonly kept: readonly StoredRun[];
  /** The stored runs that have ended. */
  readonly ended: readonly RunPlace[];
  readonly opened: readonly NewEvent[];
  /** Events that were opened before. */
  readonly closed: readonly ClosedEvent[];
}

const COLUMNS = `
  series, rule, warnings, normals, ${microsOf('since')} AS since, peak, last_value AS last, open_event AS "openEvent"`;

/** The runs of a rule, those with most warnings first. */
export async function runsOfRule(sql: Sql, rule: string, limit: number): Promise<StoredRun[]> {
  const text = `SELECT ${COLUMNS} FROM rule_state WHERE rule = $1 ORDER BY warnings DESC, series LIMIT $2`;
  return (await sql.query<StoredRun>(text, [rule, limit])).rows;
}

/** The runs of these series, inside the caller's transaction, which holds the locks of the series. */
export async function runsOf(sql: Sql, series: readonly number[]): Promise<StoredRun[]> {
  const { rows } = await sql.query<StoredRun>({
    name: 'runs-of-series',
    text: `SELECT ${COLUMNS} FROM rule_state WHERE series = ANY ($1::int4[])`,
    values: [int4Array(series, (id) => id)],
  });
  return rows;
}

/** Sends the statements that store changes, all of them before it returns; returns the results to come. */
export function storeRuns(sql: Sql, { kept, ended, opened, closed }: RunChanges): Promise<unknown>[] {
  const sent: Promise<unknown>[] = [];
  // Before the runs, which refer to them.
  if (opened.length > 0) sent.push(insertEvents(sql, opened));
  if (kept.length > 0) sent.push(upsertRuns(sql, kept));
  if (ended.length > 0) sent.push(deleteRuns(sql, ended));
  if (closed.length > 0) sent.push(closeEvents(sql, closed));
  return sent;
}

/** Some runs end for another reason than a value. */
export interface EndOfRuns {
  /** What the runs belong to. */
  readonly of: 'rule' | 'series';
  readonly ids: readonly (string | number)[];
  readonly reason: (typeof ENDINGS)[number];
}

/** Deletes runs, and closes their events at the database's time, inside the caller's transaction. */
export async function endRuns(sql: Sql, { of, ids, reason }: EndOfRuns): Promise<void> {
  await sql.query(
    `WITH ended AS (DELETE FROM rule_state WHERE ${of} = ANY ($1) RETURNING open_event, warnings, peak)
     UPDATE event e SET closed = clock_timestamp(), closed_by = $2, warnings = ended.warnings, peak = ended.peak
     FROM ended WHERE e.id = ended.open_event`,
    [ids, reason],
  );
}

function insertEvents(sql: Sql, events: readonly NewEvent[]): Promise<unknown> {
  const rows = events.map(({ opened, firstWarning, received, closed, ...event }) => ({
    ...event,
    opened: timestampOf(opened),
    firstWarning: timestampOf(firstWarning),
    received: timestampOf(received),
    closed: closed === null ? null : timestampOf(closed),
  }));
  return sql.query({
    name: 'events-insert',
    text: `INSERT INTO event (id, rule, rule_name, series, metadata_key, sensor, event_type, type, severity, opened,
                              first_warning, received, value, threshold, warnings, peak, text, closed, closed_by)
           SELECT id, rule, "ruleName", series, "metadataKey", sensor, "eventType", type, severity, opened,
                  "firstWarning", received, value, threshold, warnings, peak, text, closed,
                  CASE WHEN closed IS NOT NULL THEN 'value' END
           FROM jsonb_to_recordset($1::jsonb)
             AS e (id uuid, rule uuid, "ruleName" text, series integer, "metadataKey" text, sensor text, "eventType" text,
                   type text, severity text, opened timestamptz, "firstWarning" timestamptz, received timestamptz,
                   value float8, threshold jsonb, warnings integer, peak float8, text text, closed timestamptz)`,
    values: [JSON.stringify(rows)],
  });
}

/** In the order of their keys, as all who lock several rows. */
function upsertRuns(sql: Sql, runs: readonly StoredRun[]): Promise<unknown> {
  const rows = runs.map(({ since, ...run }) => ({ ...run, since: timestampOf(since ?? 0) }));
  return sql.query({
    name: 'runs-upsert',
    text: `INSERT INTO rule_state (series, rule, warnings, normals, since, peak, last_value, open_event)
           SELECT series, rule, warnings, normals, since, peak, last, "openEvent"
           FROM jsonb_to_recordset($1::jsonb)
             AS r (series integer, rule uuid, warnings integer, normals integer, since timestamptz, peak float8,
                   last float8, "openEvent" uuid)
           ORDER BY series, rule
           ON CONFLICT ON CONSTRAINT rule_state_pkey DO UPDATE
           SET warnings = excluded.warnings, normals = excluded.normals, since = excluded.since, peak = excluded.peak,
               last_value = excluded.last_value, open_event = excluded.open_event`,
    values: [JSON.stringify(rows)],
  });
}

function deleteRuns(sql: Sql, runs: readonly RunPlace[]): Promise<unknown> {
  return sql.query({
    name: 'runs-delete',
    text: `DELETE FROM rule_state s USING unnest($1::int4[], $2::text[]) AS ended (series, rule)
           WHERE s.series = ended.series AND s.rule = ended.rule::uuid`,
    values: [int4Array(runs, ({ series }) => series), textArray(runs, ({ rule }) => rule)],
  });
}

function closeEvents(sql: Sql, events: readonly ClosedEvent[]): Promise<unknown> {
  return sql.query({
    name: 'events-close',
    text: `UPDATE event e SET closed = c.closed, closed_by = 'value', warnings = c.warnings, peak = c.peak
           FROM jsonb_to_recordset($1::jsonb) AS c (id uuid, closed timestamptz, warnings integer, peak float8)
           WHERE e.id = c.id`,
    values: [JSON.stringify(events.map((event) => ({ ...event, closed: timestampOf(event.closed) })))],
  });
}
