import { Injectable } from '@nestjs/common';
import pg from 'pg';
import { type ArchiveError, Invalid, NotFound } from '../../common/errors.js';
import { Database } from '../../postgres/database.js';
import { deleteInBatches } from '../../postgres/delete-in-batches.js';
import { DiskSpace } from '../../postgres/disk-space.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { IdempotencyStore, type KeyClaim } from '../ingest/idempotency-store.js';
import { metaMatches, metaValues } from '../sessions/meta-filter.js';
import {
  type Annotation,
  type AnnotationSearch,
  type NewAnnotation,
  type StoredAnnotation,
  type TagCount,
} from './annotation.js';
import { SOURCES } from './annotation-sources.js';

const MATCHES = `
  tstzrange(a.begin, a.until, '[]') && tstzrange($1, $2, '[]')
  AND ($3::text[] IS NULL OR a.tags @> $3) AND ($4::text[] IS NULL OR a.tags && $4)
  AND ($5::text IS NULL OR a.session = $5) AND ($6::text IS NULL OR a.metadata_key = $6)
  AND ${metaMatches('a.data', '$7', '$8')}`;

/** None that is still running. */
const ENDED_BEFORE = 'until < $1';

/** The SQL on annotations. Each change is one transaction with its audit record. Reads ask the primary. */
@Injectable()
export class AnnotationStore {
  constructor(
    private readonly db: Database,
    private readonly disk: DiskSpace,
    private readonly keys: IdempotencyStore,
  ) {}

  /**
   * Stores an annotation and returns its id. Throws `Invalid` where it ends before it begins, and `NotFound` where its
   * session or metadata does not exist.
   * @param claim of a request that may be sent again; its answer is the id. Throws `Repeated` where it took place before.
   */
  async create(wanted: NewAnnotation, by: Actor, claim?: KeyClaim): Promise<number> {
    const { begin, until, text, tags, session, metadataKey, data } = wanted;
    await this.disk.check();
    return this.db.retrying(async (sql) => {
      if (claim) await this.keys.claimOne(sql, claim);
      const { rows } = await explained(wanted, () =>
        sql.query<{ id: number; begin: number }>(
          `INSERT INTO annotation (begin, until, text, tags, session, metadata_key, data, username)
           VALUES (coalesce($1::timestamptz, now()), CASE WHEN $2 THEN coalesce($3::timestamptz, $1, now()) END,
                   $4, $5, $6, $7, $8, $9)
           RETURNING id, ${microsOf('begin')} AS begin`,
          [timeOf(begin), until !== null, timeOf(until), text, tags, session, metadataKey, data, by.username],
        ),
      );
      const [stored] = rows;
      if (!stored) throw new Error('an INSERT returned no row');
      if (claim) await this.keys.storeAnswers(sql, [[claim, String(stored.id)]]);
      await recordAudit(sql, by, 'annotation added', String(stored.id), { time: timestampOf(stored.begin) });
      return stored.id;
    });
  }

  /** The annotation with this id. Throws `NotFound`. */
  find(id: number): Promise<StoredAnnotation> {
    return this.read(this.db.reader(true), id);
  }

  /** The newest that match, latest `begin` first. */
  async list({ kind, limit, ...search }: AnnotationSearch): Promise<StoredAnnotation[]> {
    const { from, to, tags, matchAny, session, metadataKey, data } = search;
    const sources = [...SOURCES].filter(([name]) => kind === undefined || name === kind);
    if (sources.length === 0) return [];
    const newest = sources.map(
      ([name, relation]) =>
        `(SELECT '${name}' AS kind, a.* FROM ${relation} a WHERE ${MATCHES} ORDER BY a.begin DESC, a.id DESC LIMIT $9)`,
    );
    const { rows } = await this.db
      .reader(true)
      .query<StoredAnnotation>(
        `${select(`(${newest.join(' UNION ALL ')})`)} ORDER BY a.begin DESC, a.kind, a.id DESC LIMIT $9`,
        [
          ...[timestampOf(from), timestampOf(to)],
          ...[tags.length > 0 && !matchAny ? tags : null, tags.length > 0 && matchAny ? tags : null],
          ...[session ?? null, metadataKey ?? null, ...metaValues(data), limit],
        ],
      );
    return rows;
  }

  /** The tags that hold a text, in any case, with the number of their annotations; sorted, at most `limit`. */
  async tags(part: string, limit: number): Promise<TagCount[]> {
    const { rows } = await this.db.reader(true).query<TagCount>(
      `SELECT tag, count(*)::int AS count FROM annotation, unnest(tags) AS tag
       WHERE position(lower($1) IN lower(tag)) > 0 GROUP BY tag ORDER BY tag COLLATE "C" LIMIT $2`,
      [part, limit],
    );
    return rows;
  }

  /**
   * Changes an annotation. Throws `NotFound`, what `create` throws, and what `change` throws.
   * @param change makes the new values of the stored ones; it may run several times.
   */
  update(id: number, change: (stored: StoredAnnotation) => Promise<Annotation>, by: Actor): Promise<void> {
    return this.db.retrying(async (sql) => {
      await sql.query('SELECT FROM annotation WHERE id = $1 FOR NO KEY UPDATE', [id]);
      const wanted = await change(await this.read(sql, id));
      const { begin, until, text, tags, session, metadataKey, data } = wanted;
      await explained(wanted, () =>
        sql.query(
          `UPDATE annotation SET begin = $2, until = $3, text = $4, tags = $5, session = $6, metadata_key = $7,
                                 data = $8, updated = clock_timestamp() WHERE id = $1`,
          [id, timeOf(begin), timeOf(until), text, tags, session, metadataKey, data],
        ),
      );
      await recordAudit(sql, by, 'annotation changed', String(id), { time: timestampOf(begin) });
    });
  }

  /**
   * Deletes an annotation. Throws `NotFound`, and what `check` throws.
   * @param check looks at the stored one before.
   */
  remove(id: number, check: (stored: StoredAnnotation) => Promise<void>, by: Actor): Promise<void> {
    return this.db.retrying(async (sql) => {
      const stored = await this.read(sql, id);
      await check(stored);
      const { rowCount } = await sql.query('DELETE FROM annotation WHERE id = $1', [id]);
      if (rowCount === 0) throw unknown(id);
      await recordAudit(sql, by, 'annotation deleted', String(id), { time: timestampOf(stored.begin) });
    });
  }

  /** The number of annotations that ended before a time (micros). */
  async countBefore(micros: number): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>(
      `SELECT count(*)::float8 AS count FROM annotation WHERE ${ENDED_BEFORE}`,
      [timestampOf(micros)],
    );
    return rows[0]?.count ?? 0;
  }

  /** Deletes the annotations that ended before a time (micros), in short transactions; returns their number. */
  removeBefore(micros: number): Promise<number> {
    return deleteInBatches(this.db, 'annotation', ENDED_BEFORE, [timestampOf(micros)]);
  }

  private async read(sql: Sql, id: number): Promise<StoredAnnotation> {
    const { rows } = await sql.query<StoredAnnotation>(
      select(`(SELECT 'annotation' AS kind, a.* FROM annotation a WHERE a.id = $1)`),
      [id],
    );
    if (!rows[0]) throw unknown(id);
    return rows[0];
  }
}

/** A statement for annotations as readers see them. @param relation with the columns of a source, and `kind`. */
function select(relation: string): string {
  return `
    SELECT a.kind, a.id, ${microsOf('a.begin')} AS begin, ${microsOf('a.until')} AS until,
           ${microsOf('coalesce(a.until, greatest(a.begin, now()))')} AS end, a.text, a.tags, a.session,
           a.metadata_key AS "metadataKey",
           (CASE WHEN a.until IS NULL THEN a.data || '{"open": true}' ELSE a.data END)::text AS data,
           a.username, ${microsOf('a.created')} AS created, ${microsOf('a.updated')} AS updated
    FROM ${relation} a`;
}

function timeOf(micros: number | null | undefined): string | null {
  return micros == null ? null : timestampOf(micros);
}

function unknown(id: number): NotFound {
  return new NotFound(`there is no annotation ${id}`);
}

type Ties = Pick<Annotation, 'session' | 'metadataKey'>;

/** The refusals by the constraints of the table. */
const REFUSALS: Readonly<Record<string, (wanted: Ties) => ArchiveError>> = {
  annotation_order: () => new Invalid('timeEnd: it is before time'),
  annotation_session: ({ session }) => new NotFound(`session: there is no session ${session}`),
  annotation_metadata: ({ metadataKey }) => new NotFound(`metadata-key: there is no metadata ${metadataKey}`),
};

/** Runs a statement that stores an annotation; turns violations of constraints into refusals. */
async function explained<T>(wanted: Ties, statement: () => Promise<T>): Promise<T> {
  try {
    return await statement();
  } catch (error) {
    const constraint = error instanceof pg.DatabaseError ? (error.constraint ?? '') : '';
    throw REFUSALS[constraint]?.(wanted) ?? error;
  }
}
