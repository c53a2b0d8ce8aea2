import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { canonicalAddress } from '../../common/address.js';
import { Invalid, Unavailable } from '../../common/errors.js';
import { SharedLookups } from '../../common/shared-lookups.js';
import { type DataTypeName } from '../../event-types/data-types.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { Database } from '../../postgres/database.js';
import { DiskSpace } from '../../postgres/disk-space.js';
import { addSummaries } from './add-summaries.js';
import { BinOwner } from './data-owners.js';
import { holdDataTypes } from './event-type-store.js';
import { type Sql } from '../../postgres/sql.js';
import { type SummaryType, summariesOf } from '../../rollups/summary-kinds.js';

/** A summary that is kept for a series: one value for each window, in seconds. */
export interface SummaryRegistration {
  readonly type: SummaryType;
  readonly window: number;
}

/**
 * The fields of a metadata, without its event types. Addresses are canonical; `null` where the subject has no such
 * field. The source is an address, or a name where it has none.
 */
export interface MetadataFields {
  readonly subjectType: string;
  readonly source: string | null;
  readonly destination: string | null;
  readonly measurementAgent: string | null;
  readonly toolName: string | null;
  readonly inputSource: string | null;
  readonly inputDestination: string | null;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A metadata to be registered. */
export interface NewMetadata extends MetadataFields {
  /** The key for it if it is new here, which no other has; random unless given. */
  readonly key?: string | undefined;
  /** The digest of the fields that make two metadata the same. */
  readonly identity: Buffer;
  readonly eventTypes: ReadonlyMap<string, readonly SummaryRegistration[]>;
  /** Of series that are new; those of plain ones unless given. */
  readonly traits?: SeriesTraits;
  /** Whether its parameters, which are no part of its identity, replace those of the stored one. */
  readonly replacesParameters?: boolean;
}

/** A metadata as it is stored. Event types are sorted by name, summaries by type and window. */
export interface StoredMetadata extends MetadataFields {
  readonly key: string;
  readonly eventTypes: readonly StoredEventType[];
}

/** One event type of a stored metadata. */
export interface StoredEventType {
  readonly eventType: string;
  /** When a point was last written, in whole seconds; `null` before the first. */
  readonly timeUpdated: number | null;
  readonly summaries: readonly SummaryRegistration[];
}

/** The additions of a registration; summaries as event type, type and window. */
interface Added {
  readonly eventTypes: readonly string[];
  readonly summaries: readonly string[];
  /** The parameters that replace others; absent where they stay. */
  readonly parameters?: MetadataFields['parameters'];
}

/** The outcome of a registration inside a transaction. */
export interface Registered extends Added {
  readonly key: string;
  /** Whether the metadata was not there before. */
  readonly isNew: boolean;
}

/** What is fixed of the series of a metadata when they are made. */
export interface SeriesTraits {
  /** The time (micros) that its bins are aligned to. */
  readonly origin: number;
  /** Whether its points have row numbers, and several of them may lie at one time. */
  readonly isStream: boolean;
  /** Whether its points are stored; if not, only its bins are. */
  readonly keepsPoints: boolean;
}

/** Those of all series but the streams of sessions. */
const PLAIN: SeriesTraits = { origin: 0, isStream: false, keepsPoints: true };

/** An SQL expression for the source of the metadata `m`, an address or a name. */
export const SOURCE = 'coalesce(host(m.source), m.source_name)';

/** Selects `StoredMetadata` from a relation `m` with the columns of `metadata`; `more` are additional columns of it. */
export function selectMetadata(from: string, more?: string): string {
  return `
    SELECT ${more === undefined ? '' : `${more},`} m.key, m.subject_type AS "subjectType", ${SOURCE} AS source, m.destination, m.measurement_agent AS "measurementAgent",
           m.tool_name AS "toolName", m.input_source AS "inputSource", m.input_destination AS "inputDestination",
           m.parameters, coalesce(e.event_types, '[]') AS "eventTypes"
    FROM ${from} m
    LEFT JOIN LATERAL (
      SELECT json_agg(json_build_object('eventType', s.event_type,
                                        'timeUpdated', extract(epoch FROM s.time_updated)::bigint,
                                        'summaries', coalesce(y.summaries, '[]')) ORDER BY s.event_type) AS event_types
      FROM series s
      LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object('type', type, 'window', window_seconds)
                        ORDER BY type, window_seconds) AS summaries
        FROM summary WHERE series = s.id
      ) y ON true
      WHERE s.metadata = m.id
    ) e ON true`;
}

/** The SQL that registers metadata and looks single ones up. */
@Injectable()
export class MetadataStore {
  private readonly lookups = new SharedLookups((key) => this.read(key, (found) => found !== undefined));
  private readonly primaryLookups = new SharedLookups((key) => this.read(key, () => false));
  private readonly sameLookups = new SharedLookups((identity) => this.findSame(Buffer.from(identity, 'hex')));
  /** The registrations that are writing, by identity: others of the same wait for them without a connection. */
  private readonly writing = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly disk: DiskSpace,
    private readonly bins: BinOwner,
  ) {}

  /**
   * The metadata with this key, or `undefined`. Concurrent calls for the same key share a look-up.
   * @param isEnough whether it has what the caller looks for: a replica may lag behind.
   */
  async find(
    key: string,
    isEnough: (metadata: StoredMetadata) => boolean = () => true,
  ): Promise<StoredMetadata | undefined> {
    const { found, fromPrimary } = await this.lookups.get(key);
    if (fromPrimary || (found && isEnough(found))) return found;
    return (await this.primaryLookups.get(key)).found;
  }

  private async read(
    key: string,
    isEnough: (found: StoredMetadata | undefined) => boolean,
  ): Promise<{ found: StoredMetadata | undefined; fromPrimary: boolean }> {
    const { result, fromPrimary } = await this.db.readKnown<StoredMetadata>(
      { name: 'metadata-find', text: `${selectMetadata('metadata')} WHERE m.key = $1`, values: [key] },
      ([row]) => isEnough(row),
    );
    return { found: result.rows[0], fromPrimary };
  }

  /**
   * Stores a metadata, or extends the stored one of the same identity by the event types and summaries it lacks;
   * nothing else of a stored one changes, unless the parameters are to be replaced. One transaction; safe against others that register the same at the same time.
   * Returns what is stored then, and whether that has changed. If nothing is missing it only reads.
   * Throws `UnknownEventType` for an event type that does not exist, or no longer.
   * @param by who is recorded in the audit.
   */
  async register(metadata: NewMetadata, by: Actor): Promise<{ stored: StoredMetadata; changed: boolean }> {
    const identity = metadata.identity.toString('hex');
    for (;;) {
      const known = await this.sameLookups.get(identity);
      if (known && hasAll(known, metadata)) return { stored: known, changed: false };
      const other = this.writing.get(identity);
      if (!other) break;
      // It may store all that is missing; if it fails, its own client gets the error.
      await other.catch(() => undefined);
    }
    const writing = this.write(metadata, by).finally(() => this.writing.delete(identity));
    this.writing.set(identity, writing);
    await writing;
    const stored = await this.findSame(metadata.identity);
    if (!stored) throw new Unavailable(DELETED);
    return { stored, changed: true };
  }

  private async write(metadata: NewMetadata, by: Actor): Promise<void> {
    await this.disk.check();
    await this.db.retrying(async (sql) => {
      const { key, isNew, ...added } = await this.registerWithin(sql, metadata);
      if (isNew || added.parameters || added.eventTypes.length + added.summaries.length > 0)
        await recordAudit(sql, by, isNew ? 'metadata created' : 'metadata extended', key, {
          ...(isNew && { source: metadata.source, destination: metadata.destination }),
          ...added,
        });
    });
  }

  /**
   * Stores or extends a metadata as `register` does, inside the caller's transaction and without an audit record. Waits
   * for others that register the same.
   */
  async registerWithin(sql: Sql, metadata: NewMetadata): Promise<Registered> {
    const { id, key, isNew } = await this.insert(sql, metadata);
    const added = await this.extend(sql, id, metadata);
    await refuseManyWindows(sql, id);
    const isReplaced = !isNew && metadata.replacesParameters && (await this.replaceParameters(sql, id, metadata));
    return { key, isNew, ...added, ...(isReplaced && { parameters: metadata.parameters }) };
  }

  /** Returns whether they were others before. */
  private async replaceParameters(sql: Sql, id: number, { parameters }: NewMetadata): Promise<boolean> {
    const text = 'UPDATE metadata SET parameters = $2 WHERE id = $1 AND parameters <> $2';
    const isReplaced = (await sql.query(text, [id, parameters])).rowCount === 1;
    // Other rules may be for them now: whoever remembers which has to look again.
    if (isReplaced)
      await sql.query(
        `WITH locked AS (SELECT id FROM series WHERE metadata = $1 ORDER BY id FOR NO KEY UPDATE)
         UPDATE series SET version = version + 1 WHERE id IN (SELECT id FROM locked)`,
        [id],
      );
    return isReplaced;
  }

  /**
   * Replaces the free-form parameters of a metadata that has another identity than these, inside the caller's
   * transaction.
   */
  async setParameters(sql: Sql, key: string, parameters: MetadataFields['parameters']): Promise<void> {
    await sql.query('UPDATE metadata SET parameters = $2 WHERE key = $1', [key, parameters]);
  }

  /** Locks a metadata inside the caller's transaction; returns whether it is there. */
  async lock(sql: Sql, key: string): Promise<boolean> {
    return (await sql.query('SELECT FROM metadata WHERE key = $1 FOR UPDATE', [key])).rowCount === 1;
  }

  /** Locks metadata and then their series inside the caller's transaction, both in the order of their numbers. */
  async lockWithSeries(sql: Sql, ids: readonly number[]): Promise<void> {
    await sql.query('SELECT FROM metadata WHERE id = ANY ($1) ORDER BY id FOR UPDATE', [ids]);
    await sql.query('SELECT FROM series WHERE metadata = ANY ($1) ORDER BY id FOR UPDATE', [ids]);
  }

  /** Removes a metadata that has no series, inside the caller's transaction; returns whether it was so. */
  async removeEmpty(sql: Sql, key: string): Promise<boolean> {
    const text = 'DELETE FROM metadata m WHERE key = $1 AND NOT EXISTS (SELECT FROM series WHERE metadata = m.id)';
    return (await sql.query(text, [key])).rowCount === 1;
  }

  /** The ids of all series of these metadata, or of those of an event type; ascending. */
  async seriesOf(sql: Sql, ids: readonly number[], eventType?: string): Promise<number[]> {
    const { rows } = await sql.query<{ id: number }>(
      'SELECT id FROM series WHERE metadata = ANY ($1) AND ($2::text IS NULL OR event_type = $2) ORDER BY id',
      [ids, eventType ?? null],
    );
    return rows.map(({ id }) => id);
  }

  /** Removes metadata with their series, inside the caller's transaction, which holds their locks; returns the keys. */
  async removeWithSeries(sql: Sql, ids: readonly number[]): Promise<string[]> {
    const text = 'DELETE FROM metadata WHERE id = ANY ($1) RETURNING key';
    const { rows } = await sql.query<{ key: string }>(text, [ids]);
    return rows.map(({ key }) => key);
  }

  /** The metadata of this identity. Asks the primary, not a replica, which may not have it yet. */
  async findSame(identity: Buffer): Promise<StoredMetadata | undefined> {
    const { rows } = await this.db.query<StoredMetadata>(`${selectMetadata('metadata')} WHERE m.identity = $1`, [
      identity,
    ]);
    return rows[0];
  }

  private async insert(sql: Sql, metadata: NewMetadata): Promise<{ id: number; key: string; isNew: boolean }> {
    const isAddress = metadata.source !== null && canonicalAddress(metadata.source) !== undefined;
    const inserted = await sql.query<{ id: number; key: string }>(
      `INSERT INTO metadata (key, subject_type, source, source_name, destination, measurement_agent, tool_name,
                             input_source, input_destination, parameters, identity)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       ON CONFLICT DO NOTHING RETURNING id, key`,
      [
        metadata.key ?? randomUUID().replaceAll('-', ''),
        metadata.subjectType,
        isAddress ? metadata.source : null,
        isAddress ? null : metadata.source,
        metadata.destination,
        metadata.measurementAgent,
        metadata.toolName,
        metadata.inputSource,
        metadata.inputDestination,
        metadata.parameters,
        metadata.identity,
      ],
    );
    const isNew = inserted.rows.length > 0;
    const text = 'SELECT id, key FROM metadata WHERE identity = $1 FOR KEY SHARE';
    const row = inserted.rows[0] ?? (await sql.query<{ id: number; key: string }>(text, [metadata.identity])).rows[0];
    if (!row) throw new Unavailable(DELETED);
    return { ...row, isNew };
  }

  /** Adds the missing series and summaries. */
  private async extend(sql: Sql, id: number, { eventTypes, traits = PLAIN }: NewMetadata): Promise<Added> {
    const names = [...eventTypes.keys()].sort();
    const dataTypes = await holdDataTypes(sql, names);
    refuseRedeclared(eventTypes, names, dataTypes);
    const series = await sql.query<{ eventType: string }>(
      `INSERT INTO series (metadata, event_type, data_type, origin, is_stream, keeps_points)
       SELECT $1, event_type, data_type, $4::bigint, $5::boolean, $6::boolean FROM unnest($2::text[], $3::text[]) AS wanted (event_type, data_type)
       WHERE NOT EXISTS (SELECT FROM series s WHERE s.metadata = $1 AND s.event_type = wanted.event_type)
       ON CONFLICT ON CONSTRAINT series_identity DO NOTHING RETURNING event_type AS "eventType"`,
      [id, names, dataTypes, traits.origin, traits.isStream, traits.keepsPoints],
    );
    const locked = await sql.query<{ id: number; eventType: string }>(
      'SELECT id, event_type AS "eventType" FROM series WHERE metadata = $1 ORDER BY id FOR NO KEY UPDATE',
      [id],
    );
    const wanted = locked.rows.flatMap(({ id: number, eventType }) =>
      (eventTypes.get(eventType) ?? []).map(({ type, window }) => ({ series: number, type, window })),
    );
    return {
      eventTypes: series.rows.map(({ eventType }) => eventType).sort(),
      summaries: await addSummaries(sql, this.bins, wanted),
    };
  }
}

/** An event type may have been removed and declared again, with another data type, since the summaries were checked. */
function refuseRedeclared(
  eventTypes: NewMetadata['eventTypes'],
  names: readonly string[],
  dataTypes: readonly DataTypeName[],
): void {
  for (const [index, name] of names.entries()) {
    const possible: readonly SummaryType[] = summariesOf(dataTypes[index] ?? 'json');
    if (eventTypes.get(name)?.some(({ type }) => !possible.includes(type)))
      throw new Unavailable(`the event type ${name} was declared anew meanwhile, try again`);
  }
}

const DELETED = 'the metadata was deleted while it was registered, try again';

/** Every point is added to a bin of each window of its series: more windows would slow all writes down. */
export const MAX_WINDOWS = 100;

async function refuseManyWindows(sql: Sql, metadata: number): Promise<void> {
  const { rows } = await sql.query<{ name: string }>(
    `SELECT s.event_type AS name FROM summary y JOIN series s ON s.id = y.series WHERE s.metadata = $1
     GROUP BY s.id HAVING count(DISTINCT window_seconds) > $2 LIMIT 1`,
    [metadata, MAX_WINDOWS],
  );
  if (rows[0]) throw new Invalid(`event-types, ${rows[0].name}: more than ${MAX_WINDOWS} summary windows`);
}

function hasAll(stored: StoredMetadata, { eventTypes, parameters, replacesParameters }: NewMetadata): boolean {
  if (replacesParameters && !isDeepStrictEqual(stored.parameters, parameters)) return false;
  return [...eventTypes].every(([name, summaries]) => {
    const series = stored.eventTypes.find(({ eventType }) => eventType === name);
    return series && summaries.every((wanted) => series.summaries.some((have) => sameSummary(have, wanted)));
  });
}

/** Whether two registrations are of the same summary. */
export function sameSummary(a: SummaryRegistration, b: SummaryRegistration): boolean {
  return a.type === b.type && a.window === b.window;
}
