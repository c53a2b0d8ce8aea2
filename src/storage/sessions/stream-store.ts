import { Injectable } from '@nestjs/common';
import { NotFound, StateConflict, Unavailable } from '../../common/errors.js';
import { int4Array, textArray } from '../../postgres/array-encoding.js';
import { Database } from '../../postgres/database.js';
import { DiskSpace } from '../../postgres/disk-space.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf } from '../../postgres/timestamps.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { MetadataStore, type NewMetadata, sameSummary, type SummaryRegistration } from '../registry/metadata-store.js';
import { DESCRIBED_SERIES } from '../registry/relations.js';
import { SeriesStore } from '../registry/series-store.js';
import { type SessionStatus } from '../schema/session.entity.js';
import { type MetaFilter, metaMatches, metaValues } from './meta-filter.js';
import { rowRangesOf } from './row-ranges.js';
import { type RowRange } from './stream-ledger.js';

/** What a stream has: numbers, or texts. It is the name of the event type of its points, too. */
export type StreamType = 'metric' | 'event';

/** A stream to be registered. */
export interface NewStream {
  readonly session: string;
  readonly id: string;
  readonly type: StreamType;
  readonly name: string;
  readonly caseName: string | null;
  /** The id of another stream of the session. */
  readonly parent: string | null;
  /** Whether its points are kept. */
  readonly raw: boolean;
  /** Whether it has summaries. */
  readonly aggregate: boolean;
  /** The text of a JSON object. */
  readonly meta: string;
  readonly summaries: readonly SummaryRegistration[];
  /** Its metadata, whose event type is the type; the traits of its series come from the session. */
  readonly metadata: Omit<NewMetadata, 'traits'>;
}

/** A stream as it is stored. */
export interface StoredStream extends Omit<NewStream, 'metadata'> {
  readonly number: number;
  /** The series that has its points. */
  readonly series: number;
  readonly metadataKey: string;
  /** When the test of its session begins, in micros. */
  readonly testStart: number;
  /** The numbers of the rows that were taken, ascending. */
  readonly received: readonly RowRange[];
  /** The times of the first and the last point in micros; `null` where there is none. */
  readonly first: number | null;
  readonly last: number | null;
}

/** What names a stream, and where its points are. */
export type NamedStream = Pick<StoredStream, 'session' | 'id' | 'type' | 'series' | 'metadataKey'>;

/** The same of a stream that is known by its number, and what is kept of its points. */
export type NumberedStream = NamedStream & Pick<StoredStream, 'number' | 'raw' | 'aggregate'>;

/** What clients may change of a stream, and the parameters of its metadata, which follow. */
export interface ChangedStream extends Pick<NewStream, 'name' | 'meta'> {
  readonly parameters: Readonly<Record<string, string>>;
}

/** Which streams of a session to list; an absent condition restricts nothing. */
export interface StreamFilter {
  readonly type?: StreamType | undefined;
  readonly name?: string | undefined;
  readonly caseName?: string | undefined;
  readonly meta: MetaFilter;
}

/** What a registration needs to know of a session. */
interface HeldSession {
  readonly status: SessionStatus;
  readonly testStart: number;
}

const SELECT = `
  SELECT s.session, s.id, s.number, s.series, s.type, s.name, s.case_name AS "caseName", p.id AS parent, s.raw,
         s.aggregate, s.meta::text AS meta, ${rowRangesOf('s.received')} AS received, d.key AS "metadataKey", d.summaries,
         ${microsOf('d.first')} AS first, ${microsOf('d.last')} AS last, ${microsOf('n.test_start')} AS "testStart"
  FROM session_stream s JOIN session n ON n.id = s.session JOIN ${DESCRIBED_SERIES} d USING (series)
  LEFT JOIN session_stream p ON p.series = s.parent`;

/**
 * The SQL on streams, but for their ledgers (`StreamLedger`). Each change is one transaction with its audit record. Reads
 * ask the primary: a client that has just registered or written something looks at it next.
 */
@Injectable()
export class StreamStore {
  constructor(
    private readonly db: Database,
    private readonly disk: DiskSpace,
    private readonly metadata: MetadataStore,
    private readonly series: SeriesStore,
  ) {}

  /** The stream with this id, or `undefined`. */
  find(session: string, id: string): Promise<StoredStream | undefined> {
    return this.read(this.db.reader(true), session, id);
  }

  /** These streams; unknown ones are missing. */
  async named(names: readonly (readonly [session: string, id: string])[]): Promise<NamedStream[]> {
    const { rows } = await this.db.query<NamedStream>({
      name: 'streams-named',
      text: `SELECT s.session, s.id, s.type, s.series, d.key AS "metadataKey"
             FROM unnest($1::text[], $2::text[]) AS wanted (session, id)
             JOIN session_stream s USING (session, id) JOIN ${DESCRIBED_SERIES} d USING (series)`,
      values: [textArray(names, ([session]) => session), textArray(names, ([, id]) => id)],
    });
    return rows;
  }

  /** The series of a session's streams in the order of their ids, and the keys of their metadata. */
  async seriesOfSession(sql: Sql, session: string): Promise<{ series: number; metadataKey: string }[]> {
    const { rows } = await sql.query<{ series: number; metadataKey: string }>(
      `SELECT series, d.key AS "metadataKey" FROM session_stream s JOIN ${DESCRIBED_SERIES} d USING (series)
       WHERE s.session = $1 ORDER BY series`,
      [session],
    );
    return rows;
  }

  /** The streams with these numbers; unknown ones are missing. */
  async numbered(numbers: readonly number[]): Promise<NumberedStream[]> {
    const { rows } = await this.db.query<NumberedStream>({
      name: 'streams-numbered',
      text: `SELECT s.number, s.session, s.id, s.type, s.series, s.raw, s.aggregate, d.key AS "metadataKey"
             FROM session_stream s JOIN ${DESCRIBED_SERIES} d USING (series) WHERE s.number = ANY ($1::int4[])`,
      values: [int4Array(numbers, (number) => number)],
    });
    return rows;
  }

  /**
   * A page of the streams of a session that match, in the order of registration, and whether more follow. `limit` may be
   * infinite.
   */
  async list(
    session: string,
    { type, name, caseName, meta }: StreamFilter,
    { limit, offset }: { readonly limit: number; readonly offset: number },
  ): Promise<{ rows: StoredStream[]; more: boolean }> {
    const { rows } = await this.db.reader(true).query<StoredStream>(
      `${SELECT} WHERE s.session = $1 AND ($2::text IS NULL OR s.type = $2) AND ($3::text IS NULL OR s.name = $3)
         AND ($4::text IS NULL OR s.case_name = $4)
         AND ${metaMatches('s.meta', '$5', '$6')}
       ORDER BY s.number LIMIT $7 OFFSET $8`,
      [
        ...[session, type ?? null, name ?? null, caseName ?? null],
        ...metaValues(meta),
        ...[limit === Infinity ? null : limit + 1, offset],
      ],
    );
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /**
   * Registers a stream with its metadata and series, or finds the stored one of this id, to which summaries are added that
   * it lacks; nothing else of a stored one changes. Safe against others that register the same at the same time.
   * Throws `NotFound` where the session or the parent does not exist, and `StateConflict` where the stored one is of
   * another kind, or a new one is for a session that is not open.
   * @param allowsClosed whether sessions that have ended get new streams, too.
   * @returns the stream, whether it is new, and whether summaries were added to it.
   */
  async register(
    wanted: NewStream,
    by: Actor,
    allowsClosed = false,
  ): Promise<{ stream: StoredStream; isNew: boolean; isExtended: boolean }> {
    await this.disk.check();
    return this.db.retrying(async (sql) => {
      const known = await this.read(sql, wanted.session, wanted.id);
      const isNew = !known && (await this.insert(sql, wanted, by, allowsClosed));
      const stream = known ?? (await this.read(sql, wanted.session, wanted.id));
      if (!stream) throw new Unavailable(DELETED);
      if (isNew) return { stream, isNew, isExtended: false };
      refuseOther(stream, wanted);
      const isExtended = lacksSummaries(stream, wanted) && (await this.extend(sql, stream, wanted, by));
      return { stream: isExtended ? await this.readKnown(sql, stream) : stream, isNew, isExtended };
    });
  }

  /** Keeps the session from being changed until the transaction ends, as writers of points do. */
  private async holdSession(sql: Sql, id: string): Promise<HeldSession> {
    const text = `SELECT status, ${microsOf('test_start')} AS "testStart" FROM session WHERE id = $1 FOR SHARE`;
    const { rows } = await sql.query<HeldSession>(text, [id]);
    if (!rows[0]) throw new NotFound(`there is no session ${id}`);
    return rows[0];
  }

  /** Returns whether the stream is new: another one may have registered it meanwhile. */
  private async insert(sql: Sql, wanted: NewStream, by: Actor, allowsClosed: boolean): Promise<boolean> {
    const { session, id, type, name, caseName, parent, raw, aggregate, meta } = wanted;
    const held = await this.holdSession(sql, session);
    if (held.status !== 'open' && !allowsClosed)
      throw new StateConflict(`session ${session} is ${held.status}: POST …/reopen first`);
    const parentSeries = parent === null ? null : await this.seriesOf(sql, session, parent);
    const traits = { origin: held.testStart, isStream: true, keepsPoints: raw };
    const { key, isNew } = await this.metadata.registerWithin(sql, { ...wanted.metadata, traits });
    if (!isNew) return false;
    const [series] = await this.series.idsOf(sql, key);
    await sql.query(
      `INSERT INTO session_stream (series, session, id, type, name, case_name, parent, raw, aggregate, meta)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)`,
      [series, session, id, type, name, caseName, parentSeries, raw, aggregate, meta],
    );
    await recordAudit(sql, by, 'stream registered', session, { stream: id, type, name, metadata: key });
    return true;
  }

  private async seriesOf(sql: Sql, session: string, id: string): Promise<number> {
    const text = 'SELECT series FROM session_stream WHERE session = $1 AND id = $2 FOR KEY SHARE';
    const { rows } = await sql.query<{ series: number }>(text, [session, id]);
    if (!rows[0]) throw new NotFound(`parent: there is no stream ${id} in session ${session}`);
    return rows[0].series;
  }

  /**
   * Adds the summaries that a stream lacks; returns whether there were any. It needs the series, and must not hold the
   * session meanwhile: others take the two the other way round.
   */
  private async extend(
    sql: Sql,
    { session, id, series }: StoredStream,
    wanted: NewStream,
    by: Actor,
  ): Promise<boolean> {
    const { summaries, isNew } = await this.metadata.registerWithin(sql, wanted.metadata);
    if (isNew) throw new Unavailable(DELETED);
    if (summaries.length === 0) return false;
    await sql.query('UPDATE session_stream SET aggregate = true WHERE series = $1 AND NOT aggregate', [series]);
    await recordAudit(sql, by, 'stream changed', session, { stream: id, summaries });
    return true;
  }

  /**
   * Changes name and meta of a stream, and the parameters of its metadata with them. Throws `NotFound`, and what `change`
   * throws.
   * @param change makes the new values of the stored stream; it may run several times.
   */
  update(
    session: string,
    id: string,
    change: (stored: StoredStream) => ChangedStream,
    by: Actor,
  ): Promise<StoredStream> {
    return this.db.retrying(async (sql) => {
      // Two statements: the second one sees what was committed while the first one waited.
      await sql.query('SELECT FROM session_stream WHERE session = $1 AND id = $2 FOR NO KEY UPDATE', [session, id]);
      const stored = await this.readKnown(sql, { session, id });
      const { name, meta, parameters } = change(stored);
      const { rowCount } = await sql.query(
        `UPDATE session_stream SET name = $2, meta = $3::jsonb
         WHERE series = $1 AND (name, meta) IS DISTINCT FROM ($2, $3::jsonb)`,
        [stored.series, name, meta],
      );
      if (rowCount === 0) return stored;
      await this.metadata.setParameters(sql, stored.metadataKey, parameters);
      await recordAudit(sql, by, 'stream changed', session, { stream: id, name });
      return this.readKnown(sql, stored);
    });
  }

  private async readKnown(sql: Sql, { session, id }: Pick<StoredStream, 'session' | 'id'>): Promise<StoredStream> {
    const stream = await this.read(sql, session, id);
    if (!stream) throw new NotFound(`there is no stream ${id} in session ${session}`);
    return stream;
  }

  private async read(sql: Sql, session: string, id: string): Promise<StoredStream | undefined> {
    const text = `${SELECT} WHERE s.session = $1 AND s.id = $2`;
    return (await sql.query<StoredStream>({ name: 'stream-find', text, values: [session, id] })).rows[0];
  }
}

const DELETED = 'the stream was deleted while it was registered, try again';

function lacksSummaries({ summaries }: StoredStream, wanted: NewStream): boolean {
  return wanted.summaries.some((one) => !summaries.some((known) => sameSummary(known, one)));
}

/** What can't be changed of a stream, by the names on the wire. */
const FIXED = { type: 'type', raw: 'raw', parent: 'parent', caseName: 'case' } as const;

function refuseOther(stored: StoredStream, wanted: NewStream): void {
  for (const [member, name] of Object.entries(FIXED) as [keyof typeof FIXED, string][])
    if (stored[member] !== wanted[member])
      throw new StateConflict(
        `${name}: stream ${stored.id} of session ${stored.session} exists already, with ${name} ${JSON.stringify(stored[member])}`,
      );
}
