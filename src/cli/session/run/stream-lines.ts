import { type Readable } from 'node:stream';
import { type DataSession, type Events, type Metric } from 'marigram-client/session';
import { isDecimal } from '../../../common/decimal-text.js';
import { utf8Lines } from '../../../import/utf8-lines.js';
import { isId } from '../../../sessions/is-id.js';

/** Lines that are read before the spool is waited for. */
const LINES_AHEAD = 10_000;

/** Names beyond that are likely data in the wrong column. */
const MAX_STREAMS = 1000;

/** Bad lines that are told of one by one. */
const SHOWN_LINES = 10;

const INTEGER = /^\s*[+-]?\d+\s*$/;

/**
 * Puts the lines of a text into the streams of a session: `stream⇥ts⇥value`, with `stream:event` for texts. All streams are
 * aggregated. Bad lines are left out and counted.
 */
export class StreamLines {
  /** Points that were put. */
  rows = 0;
  badLines = 0;
  private readonly metrics = new Map<string, Metric>();
  private readonly events = new Map<string, Events>();
  private readonly ids = new Set<string>();

  /** @param onBadLine is told of the first bad lines. */
  constructor(
    private readonly session: DataSession,
    private readonly onBadLine: (message: string) => void,
  ) {}

  /** The number of streams. */
  get streams(): number {
    return this.metrics.size + this.events.size;
  }

  /** Puts all lines, and resolves when the backends have taken them. Throws `Invalid` for UTF-16. */
  async read(input: Readable): Promise<void> {
    let taken: Promise<void> | undefined;
    for await (const found of utf8Lines(input)) {
      try {
        if (found.kind === 'bad') throw new RangeError(found.problem);
        taken = this.put(found.text);
        if (++this.rows % LINES_AHEAD === 0) await taken;
      } catch (error) {
        this.reject(found.line, error as Error);
      }
    }
    await taken;
  }

  /** Throws a `RangeError` or a `TypeError` for a bad line. */
  private put(line: string): Promise<void> {
    const [name = '', time, ...value] = line.split('\t');
    if (time === undefined || value.length === 0) throw new RangeError('expected stream, tab, ts, tab, value');
    if (!INTEGER.test(time)) throw new RangeError(`ts: expected integer microseconds, got ${JSON.stringify(time)}`);
    const ts = Number(time);
    if (name.endsWith(':event')) return this.eventsOf(name.slice(0, -':event'.length)).put(ts, value.join('\t'));
    const [text = ''] = value;
    if (value.length > 1 || !isDecimal(text.trim()))
      throw new RangeError(`value: expected a number, got ${JSON.stringify(value.join('\t'))}`);
    return this.metricOf(name).put(ts, Number(text));
  }

  private metricOf(name: string): Metric {
    const known = this.metrics.get(name);
    if (known) return known;
    const metric = this.session.newMetric({ name }, { id: this.idOf(name), aggregate: true });
    this.metrics.set(name, metric);
    return metric;
  }

  private eventsOf(name: string): Events {
    const known = this.events.get(name);
    if (known) return known;
    const events = this.session.newEvents({ name }, { id: this.idOf(name), aggregate: true });
    this.events.set(name, events);
    return events;
  }

  /** The name itself where it can be an id: URLs are read by people, too. */
  private idOf(name: string): string | undefined {
    if (name === '') throw new RangeError('the stream has no name');
    if (this.streams === MAX_STREAMS) throw new RangeError(`more than ${MAX_STREAMS} streams`);
    if (!isId(name) || this.ids.has(name)) return undefined;
    this.ids.add(name);
    return name;
  }

  private reject(line: number, { message }: Error): void {
    this.badLines++;
    if (this.badLines <= SHOWN_LINES) this.onBadLine(`line ${line}: ${message}`);
  }
}
