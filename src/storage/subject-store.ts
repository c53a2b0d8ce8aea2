import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { Database } from './database.js';
import { type MetadataFields } from './metadata-store.js';

/** Who measured what between whom, without the parameters. */
export type Subject = Omit<MetadataFields, 'parameters'>;

/** How many subjects are remembered. */
const REMEMBERED = 20_000;

/** The subjects of metadata, for keys that may not write to all. Subjects never change, so they can be remembered. */
@Injectable()
export class SubjectStore {
  private readonly known = new LRUCache<string, Subject>({ max: REMEMBERED });

  constructor(private readonly db: Database) {}

  /** The subjects of these metadata; an unknown key is missing in the result. */
  async of(keys: Iterable<string>): Promise<Map<string, Subject>> {
    const found = new Map<string, Subject>();
    const missing: string[] = [];
    for (const key of keys) {
      const subject = this.known.get(key);
      if (subject) found.set(key, subject);
      else missing.push(key);
    }
    if (missing.length === 0) return found;
    const { rows } = await this.db.query<{ key: string } & Subject & pg.QueryResultRow>(
      `SELECT key, subject_type AS "subjectType", source, destination, measurement_agent AS "measurementAgent",
              tool_name AS "toolName", input_source AS "inputSource", input_destination AS "inputDestination"
       FROM metadata WHERE key = ANY ($1)`,
      [missing],
    );
    for (const { key, ...subject } of rows) {
      this.known.set(key, subject);
      found.set(key, subject);
    }
    return found;
  }
}
