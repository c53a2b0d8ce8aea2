import { isUtf8 } from 'node:buffer';
import { FieldReader } from './field-reader.js';
import { type Head } from './head.js';
import { BACKSLASH, BLANK, CR, endOfLine, HASH, isEnd, LF, TAB } from './line-bytes.js';
import { ParsedLines } from './parsed-lines.js';
import { RefusedLines } from './refused-lines.js';
import { type Precision, TimeReader } from './time-reader.js';

/** A body of line protocol as it was read. */
export interface ScannedLines<H extends Head> {
  readonly lines: ParsedLines<H>;
  readonly refused: RefusedLines;
}

/** So many bytes are read in a step. */
const STEP_BYTES = 64 * 1024;

/**
 * Reads line protocol in steps, as InfluxDB 1.6 does: good lines become columns, the others are refused one by one, with its words
 * for the reason. Four things are different: `4u`, `+5` and CRLF are taken, a text has to end where its value does, a line
 * feed outside of texts always ends a line, and names and texts have bounds.
 *
 * The time of the scan and its memory are bounded by the length of the body. Names are not judged: `time`, which no field
 * or tag may be called, is for the caller to refuse.
 *
 * @param readHead reads a head as `parseHead` does; called once for each text. The text is a part of the body: who keeps it
 * keeps the body.
 */
export function scanLines<H extends Head>(
  body: Buffer,
  precision: Precision,
  readHead: (text: string) => H | string,
): Generator<void, ScannedLines<H>, void> {
  return new LineScanner(body, precision, readHead).scan();
}

class LineScanner<H extends Head> {
  private readonly lines = new ParsedLines<H>();
  private readonly refused = new RefusedLines();
  private readonly text: string;
  private readonly fields: FieldReader;
  private readonly times: TimeReader;
  /** The heads of this body by their text, and why they are none. */
  private readonly heads = new Map<string, H | string>();
  private readonly isStorable: boolean;
  private position = 0;

  constructor(
    private readonly body: Buffer,
    precision: Precision,
    private readonly headOf: (text: string) => H | string,
  ) {
    this.text = body.toString('latin1');
    this.fields = new FieldReader(body, this.text, this.lines);
    this.times = new TimeReader(body, precision);
    this.isStorable = isStorable(body);
  }

  *scan(): Generator<void, ScannedLines<H>, void> {
    const { body, lines, refused } = this;
    let stepEnd = STEP_BYTES;
    while (this.position < body.length) {
      if (this.position > stepEnd) {
        yield;
        stepEnd = this.position + STEP_BYTES;
      }
      this.skipBlanks();
      const start = this.position;
      if (body[start] === HASH) {
        const end = body.indexOf(LF, start);
        this.position = end < 0 ? body.length : end;
      } else if (!isEnd(body, start)) {
        const reason = this.readLine();
        if (reason !== undefined) {
          lines.dropLine();
          this.position = endOfLine(body, start);
          const end = body[this.position - 1] === CR ? this.position - 1 : this.position;
          refused.addUnparsed(body.subarray(start, end), reason);
        }
      }
      this.position += body[this.position] === CR ? 2 : 1;
    }
    return { lines, refused };
  }

  /** Reads the line at `position`, and moves to its end. Returns why it is refused, where it is. */
  private readLine(): string | undefined {
    const start = this.position;
    const head = this.readHead();
    if (typeof head === 'string') return head;
    this.skipBlanks();
    let reason = this.fields.read(this.position);
    if (reason !== undefined) return reason;
    this.position = this.fields.position;
    this.skipBlanks();
    let micros = NaN;
    let nanos = 0;
    if (!isEnd(this.body, this.position)) {
      reason = this.readTime();
      if (reason !== undefined) return reason;
      ({ micros, nanos } = this.times);
    }
    if (!this.isStorable && !isStorable(this.body.subarray(start, this.position))) return 'invalid character';
    this.lines.endLine(head, micros, nanos);
    return undefined;
  }

  private readHead(): H | string {
    const { body, heads } = this;
    const start = this.position;
    let end = start + 1;
    while (!isEnd(body, end) && !(body[end] === BLANK && body[end - 1] !== BACKSLASH)) end++;
    this.position = end;
    const text = this.text.slice(start, end);
    let head = heads.get(text);
    if (head === undefined) heads.set(text, (head = this.headOf(text)));
    return typeof head !== 'string' && isEnd(body, end) ? 'missing fields' : head;
  }

  private readTime(): string | undefined {
    const { body, times } = this;
    const reason = times.read(this.position);
    if (reason !== undefined) return reason;
    this.position = times.position;
    if (body[this.position] !== BLANK && !isEnd(body, this.position)) return 'bad timestamp';
    while (body[this.position] === BLANK) this.position++;
    return isEnd(body, this.position) ? undefined : 'point is invalid';
  }

  private skipBlanks(): void {
    while (this.body[this.position] === BLANK || this.body[this.position] === TAB) this.position++;
  }
}

/** Whether bytes are texts that the database can store. */
function isStorable(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}
