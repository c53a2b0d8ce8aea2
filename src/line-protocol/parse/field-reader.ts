import { NumberReader } from '../../json/number-reader.js';
import { MAX_NAME, nameOf, tooLong } from './head.js';
import { BACKSLASH, BLANK, COMMA, endOfText, EQUALS, isEnd, LF, QUOTE } from './line-bytes.js';
import { parseLiteral } from './literal.js';
import { type ParsedLines } from './parsed-lines.js';

/** The most bytes of a text between its quotes. */
const MAX_TEXT = 65_536;

const LETTER_I = 0x69;

/** Reads the fields of lines, `key=value,…`, into columns. */
export class FieldReader {
  /** After `read` without a reason: the end of the fields. */
  position = 0;
  private readonly numbers: NumberReader;
  /** The keys of this body by their text. */
  private readonly keys = new Map<string, string>();

  /** @param text a character for each byte of the body (`latin1`). */
  constructor(
    private readonly body: Buffer,
    private readonly text: string,
    private readonly lines: ParsedLines,
  ) {
    this.numbers = new NumberReader(body, text);
  }

  /** Adds the fields that begin at an index. Returns why the line is refused, where it is; some may be added then. */
  read(begin: number): string | undefined {
    this.position = begin;
    for (;;) {
      const start = this.position;
      const equals = this.endOfKey(start);
      if (equals === start) return 'missing field key';
      if (equals < 0) return 'invalid field format';
      if (equals - start > MAX_NAME) return tooLong('max key size exceeded', equals - start, MAX_NAME);
      const reason = this.readValue(this.keyOf(start, equals), equals + 1);
      if (reason !== undefined) return reason;
      if (this.body[this.position] !== COMMA) return undefined;
      this.position++;
    }
  }

  private readValue(field: string, start: number): string | undefined {
    const { body, numbers, lines } = this;
    if (this.endsValue(start)) return 'missing field value';
    if (body[start] === QUOTE) return this.readText(field, start + 1);
    numbers.position = start;
    const number = numbers.read();
    const end = numbers.position;
    if (!Number.isNaN(number)) {
      if (this.endsValue(end)) {
        this.position = end;
        lines.addValue(field, 'float', number);
        return undefined;
      }
      const integer = body[end] === LETTER_I && this.endsValue(end + 1) ? numbers.times10To(0) : undefined;
      if (integer !== undefined) {
        this.position = end + 1;
        lines.addValue(field, 'integer', integer + 0); // no −0
        return undefined;
      }
    }
    return this.readLiteral(field, start);
  }

  /** Reads a value that is no JSON number. */
  private readLiteral(field: string, start: number): string | undefined {
    let end = start;
    while (!this.endsValue(end)) end++;
    const literal = parseLiteral(this.text.slice(start, end));
    if (typeof literal === 'string') return literal;
    this.position = end;
    this.lines.addValue(field, literal.type, literal.value);
    return undefined;
  }

  private readText(field: string, start: number): string | undefined {
    const end = endOfText(this.body, start);
    if (end === this.body.length) return 'unbalanced quotes';
    if (end - start > MAX_TEXT) return tooLong('max string size exceeded', end - start, MAX_TEXT);
    if (!this.endsValue(end + 1)) return 'invalid field format';
    const text = this.body.toString('utf8', start, end);
    this.lines.addText(field, text.includes('\\') ? text.replace(/\\(["\\])/g, '$1') : text);
    this.position = end + 1;
    return undefined;
  }

  /** The index of the equals sign after the key at `begin`; −1 where none follows. */
  private endOfKey(begin: number): number {
    for (let at = begin; ; at++) {
      const byte = this.body[at] ?? LF;
      if (byte === EQUALS) return at;
      if (byte === COMMA || byte === BLANK || byte === LF) return -1;
      if (byte === BACKSLASH && this.body[at + 1] !== LF) at++;
    }
  }

  private endsValue(at: number): boolean {
    const byte = this.body[at];
    return byte === COMMA || byte === BLANK || isEnd(this.body, at);
  }

  private keyOf(start: number, end: number): string {
    const text = this.text.slice(start, end);
    let key = this.keys.get(text);
    if (key === undefined) this.keys.set(text, (key = nameOf(text)));
    return key;
  }
}
