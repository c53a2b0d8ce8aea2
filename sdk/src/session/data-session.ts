import '../dispose.js';
import {
  type Backend,
  backendOf,
  type Callback,
  type HandedSecond,
  type SessionInfo,
  type StreamInfo,
} from './backend.js';
import { Delivery } from './delivery.js';
import { Lane } from './lane.js';
import { copyOfMeta, type Meta, type MetaInput, nameIn } from './meta.js';
import { nowMicros } from './now.js';
import { type PutRules } from './pending.js';
import { complaintOf, type SessionReport } from './report.js';
import { Aggregation } from './seconds/aggregation.js';
import { Events, Metric, type StreamHost } from './stream.js';
import { type StreamOptions, streamInfoOf } from './stream-options.js';

/** How to end a session. */
export interface EndOptions {
  /** In the session's kind of time: the latest point unless given, or now where there is none. */
  testEnd?: number | undefined;
  /** How long backends may take to bring away what they have: 30,000 ms unless given. */
  timeoutMs?: number | undefined;
}

/**
 * A test in progress: its streams, and the backends that get what is put into them. It is ended by `close` or
 * `interrupt`; `await using` closes it.
 */
export class DataSession {
  private readonly lanes: Lane[] = [];
  private readonly streams: (Metric | Events)[] = [];
  private readonly host: StreamHost;
  private delivery: Delivery | undefined;
  private readonly aggregation: Aggregation;
  private lastTs = -Infinity;
  private ended: Promise<SessionReport> | undefined;

  /** @internal */
  constructor(
    /** What backends are told of it. */
    readonly info: SessionInfo,
    rules: PutRules,
  ) {
    this.aggregation = new Aggregation(info.testStart);
    this.host = {
      rules,
      checkOpen: () => {
        this.checkOpen();
      },
      deliver: () => this.deliver(),
      update: (stream, meta) => this.updateStream(stream, meta),
    };
  }

  get id(): string {
    return this.info.id;
  }

  /** µs since 1970-01-01 UTC. */
  get testStart(): number {
    return this.info.testStart;
  }

  /** The backends that have failed until now, and get nothing more. `updateJob` waits until all have opened the session. */
  get failed(): readonly { readonly name: string; readonly error: Error }[] {
    return this.lanes.flatMap(({ name, failure }) => (failure ? [{ name, error: failure }] : []));
  }

  /**
   * Adds backends: each gets what comes from now on. A backend that fails is put aside, with a warning of the process
   * and a word in the report; the others don't notice.
   */
  subscribe(...backends: (Backend | Callback)[]): this {
    this.checkOpen();
    for (const backend of backends) {
      const lane = new Lane(backendOf(backend), (name, error) => {
        process.emitWarning(`session ${this.id}: ${name} failed and gets nothing more: ${error.message}`);
      });
      this.lanes.push(lane);
      void lane.call((one) => one.open?.(this.info));
      for (const { info } of this.streams) void lane.call((one) => one.registerStream?.(info));
    }
    return this;
  }

  /**
   * Adds a stream of numbers.
   * @param meta anything to be known of it; `name` is its name.
   * Throws a `RangeError` or `TypeError` for what an archive would refuse: a stream that keeps neither points nor
   * aggregates, an invalid id, a meta of more than 64 KiB.
   */
  newMetric(meta: MetaInput = {}, options: StreamOptions = {}): Metric {
    return this.add(new Metric(this.newStream('metric', meta, options), this.host));
  }

  /** Adds a stream of texts. Throws as `newMetric` does. */
  newEvents(meta: MetaInput = {}, options: StreamOptions = {}): Events {
    return this.add(new Events(this.newStream('event', meta, options), this.host));
  }

  /**
   * Changes the session's name and meta: members are merged one by one; null removes one. Resolves when all backends
   * have taken it.
   */
  async updateJob(meta: MetaInput): Promise<void> {
    this.checkOpen();
    const change = copyOfMeta('the session', meta);
    nameIn('the session', change);
    await this.toAll((lane) => lane.call((backend) => backend.updateJob?.(change)));
  }

  /**
   * Ends the session: hands out what waits, and gives the backends some time to bring away what they have. Never rejects
   * for a backend: the report tells of each. Called again, it gives the same report.
   * Throws a `RangeError` for an end before the start.
   */
  async close(options: EndOptions = {}): Promise<SessionReport> {
    return this.end('close', options);
  }

  /** Gives the session up: drops what no backend has taken yet, and marks the session as interrupted. */
  async interrupt(options: EndOptions = {}): Promise<SessionReport> {
    return this.end('interrupt', options);
  }

  /**
   * Closes the session where that has not been done, and warns of what is not complete. It can't know whether its block
   * ended with an error: use `runSession`, where a session whose test fails must not read as closed.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended) {
      await this.ended;
      return;
    }
    const complaint = complaintOf(await this.close());
    if (complaint !== undefined) process.emitWarning(complaint);
  }

  private newStream(type: StreamInfo['type'], meta: MetaInput, options: StreamOptions): StreamInfo {
    this.checkOpen();
    const info = streamInfoOf(type, meta, options);
    if (this.streams.some(({ id }) => id === info.id)) throw new RangeError(`there is a stream ${info.id} already`);
    if (options.parent && !this.streams.includes(options.parent))
      throw new RangeError(`parent: there is no stream ${options.parent.id} in session ${this.id}`);
    return info;
  }

  private add<S extends Metric | Events>(stream: S): S {
    this.streams.push(stream);
    void this.toAll((lane) => lane.call((backend) => backend.registerStream?.(stream.info)));
    return stream;
  }

  private async updateStream(stream: StreamInfo, meta: Meta): Promise<void> {
    nameIn('the stream', meta);
    await this.toAll((lane) => lane.call((backend) => backend.updateStream?.(stream, meta)));
  }

  /** Hands out what is put until the event loop comes round: many small puts are one large one. */
  private deliver(): Promise<void> {
    if (this.delivery === undefined) {
      this.delivery = new Delivery();
      setImmediate(() => {
        this.handOut();
      });
    }
    return this.delivery.taken;
  }

  private handOut(): void {
    const { delivery } = this;
    if (delivery === undefined) return;
    this.delivery = undefined;
    const taken: Promise<void>[] = [];
    for (const stream of this.streams) {
      const handed = stream.take();
      if (handed === undefined) continue;
      for (const ts of handed[2].ts) if (ts > this.lastTs) this.lastTs = ts;
      for (const lane of this.lanes) if (lane.takes === 'points' || stream.info.raw) taken.push(lane.put(...handed));
      taken.push(this.sumUp((aggregation) => aggregation.add(...handed)));
    }
    delivery.settle(Promise.all(taken));
  }

  /** Hands seconds to the backends that take them; those fail where they can't be summed up (the disk is full). */
  private async sumUp(seconds: (aggregation: Aggregation) => HandedSecond[]): Promise<void> {
    const lanes = this.lanes.filter((lane) => lane.takes === 'tables');
    if (lanes.length === 0) return;
    try {
      await Promise.all(seconds(this.aggregation).flatMap((second) => lanes.map((lane) => lane.put(...second))));
    } catch (error) {
      for (const lane of lanes) lane.fail(error);
    }
  }

  private async toAll(call: (lane: Lane) => Promise<void>): Promise<void> {
    await Promise.all(this.lanes.map(call));
  }

  private checkOpen(): void {
    if (this.ended) throw new Error(`session ${this.id} has ended`);
  }

  private end(how: 'close' | 'interrupt', { testEnd, timeoutMs = 30_000 }: EndOptions): Promise<SessionReport> {
    this.ended ??= this.finish(how, this.absoluteEnd(testEnd), timeoutMs);
    return this.ended;
  }

  private async finish(
    how: 'close' | 'interrupt',
    testEnd: number | undefined,
    timeoutMs: number,
  ): Promise<SessionReport> {
    if (how === 'interrupt') for (const one of [...this.streams, ...this.lanes]) one.drop();
    this.handOut();
    void this.sumUp((aggregation) => aggregation.finish());
    const latest = Number.isFinite(this.lastTs) ? this.lastTs : nowMicros();
    const end = testEnd ?? Math.max(latest, this.testStart);
    // Not `AbortSignal.timeout`, which would let the process end before.
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort();
    }, timeoutMs);
    const backends = await Promise.all(this.lanes.map((lane) => lane[how](end, controller.signal)));
    clearTimeout(timer);
    return { session: this.id, backends };
  }

  private absoluteEnd(testEnd: number | undefined): number | undefined {
    if (testEnd === undefined) return undefined;
    const end = testEnd + this.host.rules.offset;
    if (!Number.isSafeInteger(end) || end < this.testStart)
      throw new RangeError(`testEnd: expected integer microseconds, not before the start, got ${testEnd}`);
    return end;
  }
}
