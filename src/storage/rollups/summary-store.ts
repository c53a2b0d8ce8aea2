import { Injectable } from '@nestjs/common';
import { type DataTypeName } from '../../event-types/data-types.js';
import { type SummaryType } from '../../rollups/summary-kinds.js';
import { Database } from '../../postgres/database.js';
import { REGISTERED_SUMMARIES } from '../registry/relations.js';
import { microsOf } from '../../postgres/timestamps.js';
import { needsAny } from '../registry/needs.js';

/** The time range of the bins of a summary, and the database's time. All times in micros. */
export interface SummaryExtent {
  /** The id of the series. */
  readonly id: number;
  readonly dataType: DataTypeName;
  /** The time that the bins are aligned to. */
  readonly origin: number;
  /** The times of the first and last point ever, or sealed bin; `null` when there was none. */
  readonly first: number | null;
  readonly last: number | null;
  /** Bins that begin before this time have expired; `null` when none has. */
  readonly cutOff: number | null;
  /** Bins that begin here or later are still being filled; `null` when all are complete. */
  readonly incompleteFrom: number | null;
  /** The begin of the last sealed bin; `null` where there is none. */
  readonly lastSealed: number | null;
  readonly now: number;
  /** Whether the replica lacks its bins, so that they must be read from the primary. */
  readonly fromPrimary: boolean;
}

/** Looks up what reading a summary needs to know. */
@Injectable()
export class SummaryStore {
  constructor(private readonly db: Database) {}

  /** The time range of the bins of a registered summary, or `undefined` where there is no such summary. */
  async extent(
    metadataKey: string,
    eventType: string,
    type: SummaryType,
    window: number,
  ): Promise<SummaryExtent | undefined> {
    const { result, fromPrimary } = await this.db.readKnown<Omit<SummaryExtent, 'fromPrimary'>>(
      {
        name: 'summary-extent',
        text: `SELECT s.id, s.data_type AS "dataType", s.origin::float8 AS origin, ${microsOf('least(s.first_point, z.first)')} AS first,
              ${microsOf('greatest(s.last_point, z.last)')} AS last, ${microsOf('z.last')} AS "lastSealed",
              ${microsOf('y.cut_off')} AS "cutOff",
              CASE WHEN b.partial OR ${needsAny('y.type', 's.data_type')}
                   THEN ${microsOf('b.next_bin')} END AS "incompleteFrom", ${microsOf('now()')} AS now
       FROM ${REGISTERED_SUMMARIES}
       LEFT JOIN back_fill b ON b.series = s.id AND b.window_seconds = y.window_seconds
       LEFT JOIN LATERAL (SELECT min(bin) AS first, max(bin) AS last FROM sealed_bin
                          WHERE series = y.series AND type = y.type AND window_seconds = y.window_seconds) z ON true
       WHERE m.key = $1 AND s.event_type = $2 AND y.type = $3 AND y.window_seconds = $4`,
        values: [metadataKey, eventType, type, window],
      },
      ([row]) => row !== undefined && row.first !== null,
    );
    const row = result.rows[0];
    return row && { ...row, fromPrimary };
  }
}
