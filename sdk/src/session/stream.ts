import { type HandedColumns, type StreamInfo } from './backend.js';
import { type PutColumns, type PutRows } from './columns.js';
import { copyOfMeta, type Meta, type MetaInput } from './meta.js';
import { Pending, type PutRules } from './pending.js';
import { NumberColumn, TextColumn, type ValueColumn } from './value-column.js';

/** What a stream asks of its session. */
export interface StreamHost {
  readonly rules: PutRules;
  /** Throws where the session has ended. */
  checkOpen(): void;
  /** Hands what waits to the backends soon; resolves when all have taken it. */
  deliver(): Promise<void>;
  update(stream: StreamInfo, meta: Meta): Promise<void>;
}

/** A stream of a session: points in any order of time, several at one time where there are. */
abstract class Stream<V, C> {
  private readonly pending: Pending<V, C>;
  private nextRow = 0;

  constructor(
    /** What backends are told of it. */
    readonly info: StreamInfo,
    private readonly host: StreamHost,
    values: ValueColumn<V, C>,
  ) {
    this.pending = new Pending(values, host.rules);
  }

  get id(): string {
    return this.info.id;
  }

  /**
   * Puts one point, or points as columns or rows. They are checked and copied before this returns; it throws a
   * `RangeError` or `TypeError` that names the position, from 1, of the first invalid time or value, and then has taken
   * none of the points.
   * @param ts integer microseconds: since 1970, or since the session's start where the session counts like that.
   * @returns a promise that resolves when every backend has taken the points (`ArchiveBackend`: when they are in its
   * spool); it never rejects. Await it where points come faster than the disk takes them: what waits is in memory.
   */
  put(points: PutColumns<V> | PutRows<V>): Promise<void>;
  put(ts: number, value: V): Promise<void>;
  put(first: number | PutColumns<V> | PutRows<V>, value?: V): Promise<void> {
    this.host.checkOpen();
    // Without a value `push` refuses it.
    if (typeof first === 'number') this.pending.addOne(first, value as V);
    else if (isRows(first)) this.pending.addRows(first);
    else this.pending.addColumns(first);
    return this.host.deliver();
  }

  /** Changes its name and meta: members are merged one by one; null removes one. Throws as `newMetric` does. */
  async update(meta: MetaInput): Promise<void> {
    this.host.checkOpen();
    await this.host.update(this.info, copyOfMeta('the stream', meta));
  }

  /** @internal Takes what waits. */
  abstract take(): HandedColumns | undefined;

  /** @internal Forgets what waits. */
  drop(): void {
    this.pending.clear();
  }

  /** Takes the columns that wait, and gives out their row numbers. */
  protected takeColumns(): { row: number; ts: Float64Array; value: C } | undefined {
    if (this.pending.isEmpty) return undefined;
    const row = this.nextRow;
    const taken = this.pending.take();
    this.nextRow += taken.ts.length;
    return { row, ...taken };
  }
}

function isRows<V>(points: PutColumns<V> | PutRows<V>): points is PutRows<V> {
  return Array.isArray(points);
}

/** A stream of finite numbers. */
export class Metric extends Stream<number, Float64Array> {
  /** @internal */
  constructor(info: StreamInfo, host: StreamHost) {
    super(info, host, new NumberColumn());
  }

  /** @internal */
  override take(): HandedColumns | undefined {
    const columns = this.takeColumns();
    return columns && ['metrics', this.info, columns];
  }
}

/** A stream of texts, such as HTTP codes. */
export class Events extends Stream<string, readonly string[]> {
  /** @internal */
  constructor(info: StreamInfo, host: StreamHost) {
    super(info, host, new TextColumn());
  }

  /** @internal */
  override take(): HandedColumns | undefined {
    const columns = this.takeColumns();
    return columns && ['events', this.info, columns];
  }
}
