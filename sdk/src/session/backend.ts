import { type EventColumns, type MetricColumns } from './columns.js';
import { type Meta } from './meta.js';
import { type BackendReport } from './report.js';
import { type AggregatesSecond, type DistributionsSecond, type HistogramsSecond } from './second-tables.js';

/** What a backend is told of a session. */
export interface SessionInfo {
  readonly id: string;
  readonly name: string | undefined;
  readonly operator: string | undefined;
  /** µs since 1970-01-01 UTC. */
  readonly testStart: number;
  /** Without name and operator. */
  readonly meta: Meta;
}

/** What a backend is told of a stream. */
export interface StreamInfo {
  readonly id: string;
  readonly type: 'metric' | 'event';
  readonly name: string | undefined;
  readonly case: string | undefined;
  /** The id of another stream of the session. */
  readonly parent: string | undefined;
  /** Whether its points are kept. */
  readonly raw: boolean;
  /** Whether it is summed up. */
  readonly aggregate: boolean;
  /** The lengths, in seconds, of the windows that an archive sums up. */
  readonly windows: readonly number[];
  /** With the name. */
  readonly meta: Meta;
}

/** What is handed out by table: points as columns, and seconds one by one. */
export interface Tables {
  metrics: MetricColumns;
  events: EventColumns;
  aggregates: AggregatesSecond;
  distributions: DistributionsSecond;
  histograms: HistogramsSecond;
}

/** The name of a table. */
export type Table = keyof Tables;

type HandedOf<T extends Table> = { [Name in T]: [table: Name, stream: StreamInfo, data: Tables[Name]] }[T];

/** What a backend is handed: a table, a stream, and data that belong in the table. */
export type Handed = HandedOf<Table>;

/** Points, as they were put. */
export type HandedColumns = HandedOf<'metrics' | 'events'>;

/** A second, summed up. */
export type HandedSecond = HandedOf<Exclude<Table, 'metrics' | 'events'>>;

/**
 * Where the data of a session go. Calls come one after the other: the next one when the promise of the one before has
 * resolved. What a backend throws ends its part in the session, and does no harm to the others.
 */
export interface Backend {
  /** What the report calls it: the name of its class unless given. */
  readonly name?: string | undefined;
  /**
   * `tables`, unless given: the points of the streams that keep them, and the seconds of those that are summed up.
   * `points`: the points of all streams, and no seconds.
   */
  readonly takes?: 'tables' | 'points' | undefined;
  /** The first call. */
  open?(session: SessionInfo): void | Promise<void>;
  /** Comes before the first points of a stream; parents before their children. */
  registerStream?(stream: StreamInfo): void | Promise<void>;
  /** The data must not be changed: other backends are handed the same. */
  put(...handed: Handed): void | Promise<void>;
  /** Resolves when more data are welcome. It is asked after each `put`, and the one who puts into a stream waits for it. */
  ready?(): void | Promise<void>;
  /** Members that change; null removes one. */
  updateJob?(meta: Meta): void | Promise<void>;
  /** Members that change; null removes one. */
  updateStream?(stream: StreamInfo, meta: Meta): void | Promise<void>;
  /**
   * The last call: the session has ended well. It comes also where a call before has failed, even `open`.
   * @param testEnd µs since 1970-01-01 UTC.
   * @param signal aborts when nobody waits any more.
   * @returns what became of the data; nothing where all is well.
   */
  close?(testEnd: number, signal: AbortSignal): undefined | BackendReport | Promise<undefined | BackendReport>;
  /** The last call instead of `close`: the session was given up. */
  interrupt?(testEnd: number, signal: AbortSignal): undefined | BackendReport | Promise<undefined | BackendReport>;
}

/** A function as a backend; it is given the id of the stream. */
export type Callback = (
  ...handed: { [T in Table]: [table: T, streamId: string, data: Tables[T]] }[Table]
) => void | Promise<void>;

/** The backend that a function is. */
export function backendOf(backend: Backend | Callback): Backend {
  if (typeof backend !== 'function') return backend;
  return {
    name: backend.name || 'function',
    // The table and the data belong together, which destructuring loses.
    put: (...[table, stream, data]) => backend(...([table, stream.id, data] as Parameters<Callback>)),
  };
}
