import { Injectable } from '@nestjs/common';
import { type DataTypeName, type StoredValue } from '../../event-types/data-types.js';
import { Database } from '../../postgres/database.js';
import { type MetadataFields, SOURCE } from './metadata-store.js';
import { int4Array } from '../../postgres/array-encoding.js';
import { conditionsOnSeries, metadataConditions, type MetadataSearch } from './search-store.js';
import { microsOf } from '../../postgres/timestamps.js';

/** What names a series: a list of them is sorted by both, and goes on behind one. */
export interface SeriesPlace {
  readonly key: string;
  readonly eventType: string;
}

/** A series that has points. */
export interface SeriesWithPoints extends SeriesPlace {
  readonly id: number;
}

/** The newest point of a series. All times in micros. */
export interface LatestPoint extends SeriesPlace, StoredValue, Omit<MetadataFields, 'subjectType' | 'parameters'> {
  readonly dataType: DataTypeName;
  readonly micros: number;
  /** The median of the times between the latest points, in micros; `null` where there is one point only. */
  readonly cadence: number | null;
  /** The database's time. */
  readonly now: number;
}

/** How many points a cadence is made of. */
const POINTS_OF_CADENCE = 10;

/** Looks up the newest points of series: by the time of the last one, which the series knows. */
@Injectable()
export class LatestStore {
  constructor(private readonly db: Database) {}

  /** The series that a search finds and that have points, sorted by key and event type. One statement. */
  async series(search: MetadataSearch, limit: number, after?: SeriesPlace): Promise<SeriesWithPoints[]> {
    const values: unknown[] = [];
    const parameter = (value: unknown): string => `$${values.push(value)}`;
    const conditions = [
      ...metadataConditions(search, parameter),
      ...conditionsOnSeries(search, parameter),
      's.last_point >= greatest(s.first_point, s.base_cut_off)',
    ];
    // The key alone is what the index can begin at.
    if (after)
      conditions.push(
        `m.key >= ${parameter(after.key)} AND (m.key, s.event_type) > ($${values.length}, ${parameter(after.eventType)})`,
      );
    const { rows } = await this.db.reader().query<SeriesWithPoints>(
      `SELECT s.id, m.key, s.event_type AS "eventType" FROM metadata m JOIN series s ON s.metadata = m.id
       WHERE ${conditions.join(' AND ')} ORDER BY m.key, s.event_type LIMIT ${parameter(limit)}`,
      values,
    );
    return rows;
  }

  /** The newest point of each of these series, in their order, by one statement; those that have none are missing. */
  async points(series: readonly SeriesWithPoints[]): Promise<LatestPoint[]> {
    const { rows } = await this.db.reader().query<LatestPoint>({
      name: 'latest-points',
      text: `SELECT m.key, s.event_type AS "eventType", s.data_type AS "dataType", ${SOURCE} AS source, m.destination,
              m.measurement_agent AS "measurementAgent", m.tool_name AS "toolName", m.input_source AS "inputSource",
              m.input_destination AS "inputDestination", ${microsOf('p.ts')} AS micros, p.value, p.denominator,
              p.document::text AS document, c.cadence, ${microsOf('now()')} AS now
       FROM unnest($1::int4[]) WITH ORDINALITY AS wanted (id, place)
       JOIN series s USING (id)
       JOIN metadata m ON m.id = s.metadata
       JOIN LATERAL (SELECT * FROM point WHERE series = s.id AND ts = s.last_point) p ON true
       CROSS JOIN LATERAL (
         SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY gap) AS cadence
         FROM (SELECT ${microsOf('ts')} - lead(${microsOf('ts')}) OVER (ORDER BY ts DESC) AS gap
               FROM (SELECT ts FROM point
                     WHERE series = s.id AND ts BETWEEN greatest(s.first_point, s.base_cut_off) AND s.last_point
                     ORDER BY ts DESC LIMIT ${POINTS_OF_CADENCE}) newest) gaps) c
       ORDER BY wanted.place`,
      values: [int4Array(series, ({ id }) => id)],
    });
    return rows;
  }
}
