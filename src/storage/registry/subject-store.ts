import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { type MetadataFields, SOURCE } from './metadata-store.js';
import { ReadThroughCache } from './read-through-cache.js';
import { SERIES } from './relations.js';

/** The subject type of the metadata of a session's streams. */
const STREAM = 'stream';

/** The subject type of the metadata of a sensor. */
export const SENSOR = 'sensor';

/** The fields of a metadata without its parameters: who measured what between whom. */
export interface Subject extends Omit<MetadataFields, 'parameters'> {
  /** The id of the session that it is a stream of. */
  readonly session?: string | null;
  /** The name of the database that it is in. */
  readonly database?: string | null;
  /** The id of the sensor that it is of. */
  readonly sensor?: string | null;
}

const NOBODY = {
  ...{ source: null, destination: null, measurementAgent: null },
  ...{ toolName: null, inputSource: null, inputDestination: null },
};

/** The subject of all streams of a session. */
export function subjectOfSession(session: string): Subject {
  return { ...NOBODY, subjectType: STREAM, session };
}

/** The subject of all metadata of a database. */
export function subjectOfDatabase(database: string): Subject {
  return { ...NOBODY, subjectType: SERIES, database };
}

/** The subject of a sensor. */
export function subjectOfSensor(sensor: string): Subject {
  return { ...NOBODY, subjectType: SENSOR, sensor };
}

/** The number of subjects that are cached. */
const CACHE_SIZE = 20_000;

/** The subjects of metadata, for keys with write limits. Subjects never change, so they can be cached. */
@Injectable()
export class SubjectStore extends ReadThroughCache<Subject> {
  constructor(db: Database) {
    super(CACHE_SIZE, (keys) => find(db, keys));
  }
}

async function find(db: Database, keys: readonly string[]): Promise<Map<string, Subject>> {
  const { rows } = await db.query<{ key: string } & Subject>(
    `SELECT key, subject_type AS "subjectType", ${SOURCE} AS source, destination, measurement_agent AS "measurementAgent",
            tool_name AS "toolName", input_source AS "inputSource", input_destination AS "inputDestination",
            CASE WHEN subject_type = '${STREAM}' THEN parameters ->> 'session' END AS session,
            CASE WHEN subject_type = '${SERIES}' THEN parameters ->> 'database' END AS database,
            CASE WHEN subject_type = '${SENSOR}' THEN parameters ->> 'sensor' END AS sensor
     FROM metadata m WHERE key = ANY ($1)`,
    [keys],
  );
  return new Map(rows.map(({ key, ...subject }) => [key, subject]));
}
