import { Injectable } from '@nestjs/common';
import { int4Array, int8Array } from '../../postgres/array-encoding.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { BusySeries, type IfHeld, StaleSeries } from '../registry/series-store.js';
import { type SessionStatus } from '../schema/session.entity.js';
import { rowRangesOf } from './row-ranges.js';

/** Consecutive row numbers, `end` exclusive. */
export interface RowRange {
  readonly begin: number;
  readonly end: number;
}

/** Row numbers of a stream, given by the id of its series. */
export interface RowsOfStream extends RowRange {
  readonly series: number;
}

/** The rows that a write brings to a stream. */
export interface OfferedRows {
  readonly series: number;
  /** The first row number; `undefined` where the rows are to follow all others. */
  readonly row: number | undefined;
  readonly rows: number;
}

/** What a ledger says of offered rows. */
export interface LedgerEntry {
  readonly session: string;
  readonly status: SessionStatus;
  /** One more than the largest row number that is taken; 0 where none is. */
  readonly next: number;
  /** Those of the offered rows that are not taken, ascending; empty where they are to follow all others. */
  readonly free: readonly RowRange[];
  /** The number of ranges that the ledger would have with the offered rows. */
  readonly ranges: number;
}

/**
 * Which row numbers of each stream are taken. A row number names one row for ever, whatever became of its point: so a
 * write may be sent again, in whatever pieces, and each row counts once.
 */
@Injectable()
export class StreamLedger {
  constructor(private readonly db: Database) {}

  /**
   * Looks offered rows up, inside the caller's transaction, which holds the locks of the series; returns the entries in
   * their order. Until the transaction ends, nobody can close the sessions.
   * @param ifHeld what to do about sessions that others are changing: wait, or throw `BusySeries`.
   * Throws `StaleSeries` where a series is no stream of a session.
   */
  async lookUp(sql: Sql, offered: readonly OfferedRows[], ifHeld: IfHeld): Promise<LedgerEntry[]> {
    const { rows } = await sql.query<LedgerEntry & { readonly place: number }>({
      name: `stream-ledger-${ifHeld}`,
      text: `SELECT place::int, s.id AS session, s.status, coalesce(upper(t.received), 0)::float8 AS next,
                    ${rowRangesOf('offered - t.received')} AS free,
                    (SELECT count(*) FROM unnest(offered + t.received))::float8 AS ranges
             FROM unnest($1::int4[], $2::int8[], $3::int8[]) WITH ORDINALITY AS o (series, "begin", "end", place)
             CROSS JOIN int8multirange(int8range("begin", "end")) AS offered
             JOIN session_stream t USING (series) JOIN session s ON s.id = t.session
             ORDER BY place FOR SHARE OF s ${ifHeld === 'skip' ? 'SKIP LOCKED' : ''}`,
      values: [
        int4Array(offered, ({ series }) => series),
        int8Array(offered, ({ row = 0 }) => row),
        int8Array(offered, ({ row, rows: count }) => (row === undefined ? 0 : row + count)),
      ],
    });
    if (rows.length === offered.length) return rows;
    const found = new Set(rows.map(({ place }) => place));
    const series = new Set(offered.flatMap((one, index) => (found.has(index + 1) ? [] : [one.series])));
    throw ifHeld === 'skip' ? new BusySeries(series) : new StaleSeries(series);
  }

  /** Sends the statement that takes row numbers, inside such a transaction; returns the result to come. */
  async take(sql: Sql, taken: readonly RowsOfStream[]): Promise<void> {
    await sql.query({
      name: 'stream-ledger-take',
      text: `UPDATE session_stream t SET received = t.received + taken.rows
             FROM (SELECT series, range_agg(int8range("begin", "end")) AS rows
                   FROM unnest($1::int4[], $2::int8[], $3::int8[]) AS r (series, "begin", "end") GROUP BY series) taken
             WHERE t.series = taken.series`,
      values: [
        int4Array(taken, ({ series }) => series),
        int8Array(taken, ({ begin }) => begin),
        int8Array(taken, ({ end }) => end),
      ],
    });
  }

  /** Whether all these row numbers of a stream are taken. */
  async holds(series: number, ranges: readonly RowRange[], sql: Sql = this.db): Promise<boolean> {
    const { rows } = await sql.query({
      name: 'stream-ledger-holds',
      text: `SELECT FROM session_stream WHERE series = $1 AND received @>
               (SELECT range_agg(int8range("begin", "end")) FROM unnest($2::int8[], $3::int8[]) AS r ("begin", "end"))`,
      values: [series, int8Array(ranges, ({ begin }) => begin), int8Array(ranges, ({ end }) => end)],
    });
    return rows.length > 0;
  }
}
