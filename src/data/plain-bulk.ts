import { inStorableYears, LAST_MICRO } from '../common/time.js';
import { NumberReader } from '../json/number-reader.js';
import { parseTime } from './parse-points.js';

/** The points of a bulk body of the plain shape, as columns in the order of the body. */
export interface PlainBulk {
  /** Each event type once, in the order of first appearance. */
  readonly eventTypes: readonly string[];
  /** The time of each point. */
  readonly micros: Float64Array;
  /** The position in `eventTypes` of the event type of each point. */
  readonly types: Uint16Array;
  /** The number of each point, as `Number` reads its text: finite, and −0 where that was posted. */
  readonly values: Float64Array;
}

/** The text between two numbers of a body. It says what the second one is, and is the same in most items. */
interface Gap {
  readonly start: number;
  readonly end: number;
  /** The position in `eventTypes` for the value after it; `undefined` before the time of an item. */
  readonly type: number | undefined;
  /** Gaps that came after it: bodies repeat themselves, so it is most often one of them that comes next. */
  readonly next: Gap[];
}

/** A body of more different gaps does not repeat itself. So there are never more event types than that either. */
const MAX_GAPS = 1000;

/** So many next gaps are tried. */
const MAX_NEXT = 16;

/** The bytes of the shortest point, `{"event-type":"a","val":1},`. */
const SHORTEST_POINT = 26;

const NAMED_VALUE = ['{', '"event-type"', ':', '"([a-z0-9-]{1,64})"', ',', '"val"', ':'];
const OPENING = gapPattern('{', '"data"', ':', '\\[', '{', '"ts"', ':');
const TIME_TO_VALUE = gapPattern(',', '"val"', ':', '\\[', ...NAMED_VALUE);
const VALUE_TO_VALUE = gapPattern('}', ',', ...NAMED_VALUE);
const VALUE_TO_TIME = gapPattern('}', ']', '}', ',', '{', '"ts"', ':');
const CLOSING = gapPattern('}', ']', '}', ']', '}');

/**
 * Reads the body of a bulk PUT in the shape that most writers send, many times as fast as `parseBulk`:
 * `{"data":[{"ts":N,"val":[{"event-type":"T","val":N},…]},…]}`, with the members in this order and no others, numbers N,
 * event types T of up to 64 lower-case letters, digits and dashes, and white space, if it is not very long. The points are
 * those that `parseBulk` reads. Returns `undefined` for every other body, valid or not, and for one of no point or more than `most`: then
 * `parseBulk` reads it, or tells what is wrong.
 */
export function scanPlainBulk(body: Buffer, most: number): PlainBulk | undefined {
  return new PlainBulkScanner(body).scan(most);
}

class PlainBulkScanner {
  private readonly text: string;
  private readonly numbers: NumberReader;
  private readonly view: DataView;
  private readonly eventTypes: string[] = [];
  private readonly gaps = new Map<string, Gap>();

  constructor(private readonly body: Buffer) {
    this.text = body.toString('latin1');
    this.numbers = new NumberReader(body, this.text);
    this.view = new DataView(body.buffer, body.byteOffset, body.length);
  }

  scan(most: number): PlainBulk | undefined {
    const room = Math.min(most, Math.ceil(this.body.length / SHORTEST_POINT));
    const micros = new Float64Array(room);
    const types = new Uint16Array(room);
    const values = new Float64Array(room);
    let count = 0;
    let time = 0;
    for (let gap = this.readGap(OPENING); gap; gap = this.nextGap(gap)) {
      if (gap.type === undefined) {
        time = this.readTime();
        gap = this.nextGap(gap);
      }
      const value = this.numbers.read();
      if (gap?.type === undefined || Number.isNaN(time) || Number.isNaN(value) || count === room) return undefined;
      micros[count] = time;
      types[count] = gap.type;
      values[count] = value;
      count++;
    }
    const closing = this.match(CLOSING);
    if (!closing || this.numbers.position + closing[0].length !== this.body.length) return undefined;
    return {
      eventTypes: this.eventTypes,
      micros: micros.subarray(0, count),
      types: types.subarray(0, count),
      values: values.subarray(0, count),
    };
  }

  /** Reads seconds as micros, as `parseTime` does; NaN where that refuses them. */
  private readTime(): number {
    const { numbers } = this;
    const start = numbers.position;
    const seconds = numbers.read();
    if (!inStorableYears(seconds)) return NaN;
    const micros = numbers.times10To(6);
    if (micros !== undefined) return Math.min(micros, LAST_MICRO);
    return parseTime({ kind: 'number', text: this.text.slice(start, numbers.position) });
  }

  /** Moves past the gap that follows the number after `gap`; `undefined` where there is none. */
  private nextGap(gap: Gap): Gap | undefined {
    for (const next of gap.next) if (this.skipSame(next)) return next;
    const next =
      gap.type === undefined
        ? this.readGap(TIME_TO_VALUE)
        : (this.readGap(VALUE_TO_VALUE) ?? this.readGap(VALUE_TO_TIME));
    if (next && gap.next.length < MAX_NEXT) gap.next.push(next);
    return next;
  }

  /** Moves past the same text as that of `gap`; returns whether it is there. Compares four bytes at a time. */
  private skipSame({ start, end }: Gap): boolean {
    const { view, numbers } = this;
    const shift = numbers.position - start;
    const last = end - 4; // no gap is shorter
    if (end + shift > view.byteLength || view.getInt32(last) !== view.getInt32(last + shift)) return false;
    for (let from = start; from < last; from += 4)
      if (view.getInt32(from) !== view.getInt32(from + shift)) return false;
    numbers.position += end - start;
    return true;
  }

  private readGap(pattern: RegExp): Gap | undefined {
    const match = this.match(pattern);
    if (!match) return undefined;
    const [text, eventType] = match;
    const start = this.numbers.position;
    const end = start + text.length;
    let gap = this.gaps.get(text);
    if (!gap) {
      if (this.gaps.size === MAX_GAPS) return undefined;
      gap = { start, end, type: eventType === undefined ? undefined : this.typeOf(eventType), next: [] };
      this.gaps.set(text, gap);
    }
    this.numbers.position = end;
    return gap;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.numbers.position;
    return pattern.exec(this.text);
  }

  private typeOf(eventType: string): number {
    const known = this.eventTypes.indexOf(eventType);
    return known >= 0 ? known : this.eventTypes.push(eventType) - 1;
  }
}

/**
 * A regular expression of these tokens, with white space between them and around them. It is bounded, since regular
 * expressions run out of stack on megabytes of it.
 */
function gapPattern(...tokens: string[]): RegExp {
  return new RegExp(['', ...tokens, ''].join('[ \\t\\n\\r]{0,99}'), 'y');
}
