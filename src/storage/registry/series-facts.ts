import { Injectable } from '@nestjs/common';
import { type DataTypeName } from '../../event-types/data-types.js';
import { type SeriesFacts } from '../../evaluation/series-match.js';
import { int4Array } from '../../postgres/array-encoding.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf } from '../../postgres/timestamps.js';
import { SOURCE } from './metadata-store.js';

/** How many series are looked at in one go. */
const SLICE = 10_000;

/** What rules are told of a series. */
export interface KnownSeries extends SeriesFacts {
  readonly id: number;
  readonly dataType: DataTypeName;
  /** Points before this time (micros) have expired; `null` when none has. */
  readonly cutOff: number | null;
}

const SELECT_FACTS = `
  SELECT s.id, s.data_type AS "dataType", ${microsOf('s.base_cut_off')} AS "cutOff", m.key AS "metadataKey", s.event_type AS "eventType", m.subject_type AS "subjectType", ${SOURCE} AS source,
         host(m.destination) AS destination, host(m.measurement_agent) AS "measurementAgent",
         m.tool_name AS "toolName", m.input_source AS "inputSource", m.input_destination AS "inputDestination",
         m.parameters
  FROM series s JOIN metadata m ON m.id = s.metadata
  WHERE NOT s.is_stream`;

/** What is known of these series; those that are gone, and streams of sessions, are missing. */
export async function factsOf(sql: Sql, ids: readonly number[]): Promise<KnownSeries[]> {
  const { rows } = await sql.query<KnownSeries>({
    name: 'series-facts',
    text: `${SELECT_FACTS} AND s.id = ANY ($1::int4[])`,
    values: [int4Array(ids, (id) => id)],
  });
  return rows;
}

/** The series that rules can be for. */
@Injectable()
export class SeriesFactsStore {
  constructor(private readonly db: Database) {}

  /** What is known of the series of some event types that pass a test, in the order of their ids. Asks the primary. */
  async *matching(
    eventTypes: readonly string[],
    matches: (series: SeriesFacts) => boolean,
  ): AsyncGenerator<KnownSeries, void, undefined> {
    for (let after = 0; ;) {
      const { rows } = await this.db
        .reader(true)
        .query<KnownSeries>(`${SELECT_FACTS} AND s.event_type = ANY ($1) AND s.id > $2 ORDER BY s.id LIMIT ${SLICE}`, [
          eventTypes,
          after,
        ]);
      yield* rows.filter(matches);
      if (rows.length < SLICE) return;
      after = rows.at(-1)?.id ?? Infinity;
    }
  }
}
