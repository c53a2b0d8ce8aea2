import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { type MetadataFields, SOURCE } from './metadata-store.js';
import { ReadThroughCache } from './read-through-cache.js';

/** Who measured what between whom, without the parameters. */
export type Subject = Omit<MetadataFields, 'parameters'>;

/** How many subjects are remembered. */
const REMEMBERED = 20_000;

/** The subjects of metadata, for keys that may not write to all. Subjects never change, so they can be remembered. */
@Injectable()
export class SubjectStore extends ReadThroughCache<Subject> {
  constructor(db: Database) {
    super(REMEMBERED, (keys) => find(db, keys));
  }
}

async function find(db: Database, keys: readonly string[]): Promise<Map<string, Subject>> {
  const { rows } = await db.query<{ key: string } & Subject>(
    `SELECT key, subject_type AS "subjectType", ${SOURCE} AS source, destination, measurement_agent AS "measurementAgent",
            tool_name AS "toolName", input_source AS "inputSource", input_destination AS "inputDestination"
     FROM metadata m WHERE key = ANY ($1)`,
    [keys],
  );
  return new Map(rows.map(({ key, ...subject }) => [key, subject]));
}
