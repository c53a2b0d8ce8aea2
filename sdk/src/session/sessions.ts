import { Archive } from '../archive.js';
import { type ConnectionOptions } from '../connection-options.js';
import { type QuantilesValue } from '../exact/index.js';
import { type Comparison, type DeletedOfSession, type Session, type Stream } from '../generated/index.js';
import { type CallOptions } from '../read-options.js';

/** An object of the archive whose times are numbers: it shows texts only to those who ask for them. */
type WithNumbers<T> = { readonly [Name in keyof T]: number extends T[Name] ? Exclude<T[Name], string> : T[Name] };

/** A session, as the archive has it; times are µs since 1970-01-01 UTC. */
export type ArchivedSession = WithNumbers<Session>;

/** A stream of a session, as the archive has it; times are µs since 1970-01-01 UTC. */
export type ArchivedStream = WithNumbers<Stream>;

/** Two sessions, stream by stream. */
export type SessionComparison = Comparison;

/** What all points of a stream are together, by the kind of summary. */
export interface WholeSummaries {
  readonly quantiles: QuantilesValue;
  /** How often each text occurs. */
  readonly categories: Readonly<Record<string, number>>;
}

/** Which sessions to list: those that meet all conditions. */
export interface SessionFilters {
  readonly name?: string | undefined;
  readonly operator?: string | undefined;
  readonly status?: 'open' | 'closed' | 'interrupted' | undefined;
  /** The least test-start, in µs. */
  readonly from?: number | undefined;
  /** The greatest test-start, in µs. */
  readonly to?: number | undefined;
  /** Members of the meta, as texts. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

const SESSIONS = '/api/v1/sessions';

const PAGE_ROWS = 500;

/**
 * The sessions of an archive, to be read and deleted; `ArchiveBackend` writes them. All methods throw an `ArchiveError`
 * (an `ApiError` with status 404 for an unknown session), or the reason of `options.signal`.
 */
export class Sessions {
  private readonly archive: Archive;

  /**
   * @param url of the server (`http://localhost:8080`), or of its archive. Throws a `TypeError` for one that is not of HTTP,
   * and for a key that can't be sent.
   */
  constructor(url: string, options: ConnectionOptions = {}) {
    this.archive = new Archive(url, options);
  }

  /** The sessions that meet the filters, those with the latest start first. */
  async *list(
    { meta = {}, ...filters }: SessionFilters = {},
    { signal }: CallOptions = {},
  ): AsyncGenerator<ArchivedSession, void, undefined> {
    const query = queryOf({
      ...filters,
      ...Object.fromEntries(Object.entries(meta).map(([name, text]) => [`meta.${name}`, text])),
    });
    for await (const session of this.archive.rootEntries(SESSIONS, { ...query, limit: PAGE_ROWS }, signal))
      yield session as ArchivedSession;
  }

  /** One session. */
  async get(session: string, { signal }: CallOptions = {}): Promise<ArchivedSession> {
    return (await this.archive.rootObject('GET', pathOf(session), {}, signal)) as ArchivedSession;
  }

  /** The streams of a session, in the order of their registration. */
  async *streams(session: string, { signal }: CallOptions = {}): AsyncGenerator<ArchivedStream, void, undefined> {
    const path = `${pathOf(session)}/streams`;
    for await (const stream of this.archive.rootEntries(path, { limit: PAGE_ROWS }, signal))
      yield stream as ArchivedStream;
  }

  /** All points of a stream summed up; `undefined` where it has none. An `ApiError` with status 404 without that summary. */
  async whole<Kind extends keyof WholeSummaries>(
    session: string,
    stream: string,
    kind: Kind,
    { signal }: CallOptions = {},
  ): Promise<WholeSummaries[Kind] | undefined> {
    const path = `${pathOf(session)}/streams/${encodeURIComponent(stream)}/${kind}/all`;
    const { value } = (await this.archive.rootObject('GET', path, {}, signal)) as {
      value: WholeSummaries[Kind] | null;
    };
    return value ?? undefined;
  }

  /**
   * Compares a session with a base.
   * @param by the fields by which streams are paired: `name`, `case`, `stream` and `meta.KEY`; name and case unless given.
   */
  async compare(
    base: string,
    other: string,
    { by = ['name', 'case'], signal }: CallOptions & { readonly by?: readonly string[] | undefined } = {},
  ): Promise<SessionComparison> {
    const path = `${pathOf(base)}/compare/${encodeURIComponent(other)}`;
    return (await this.archive.rootObject('GET', path, { by: by.join(',') }, signal)) as SessionComparison;
  }

  /** Deletes a session with all its data, which takes a key of scope `admin`. Returns how much that was. */
  async delete(session: string, { signal }: CallOptions = {}): Promise<DeletedOfSession> {
    const answer = await this.archive.rootObject('DELETE', pathOf(session), {}, signal);
    return (answer as { deleted: DeletedOfSession }).deleted;
  }
}

function pathOf(session: string): string {
  return `${SESSIONS}/${encodeURIComponent(session)}`;
}

/** Without the members that are `undefined`. */
function queryOf(members: Readonly<Record<string, string | number | undefined>>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
