import { isUtf8 } from 'node:buffer';
import { Invalid } from '../common/errors.js';

/** What a JSON value is, seen from its first character. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** Deeper nesting than this is refused: no real measurement needs it, and readers elsewhere break on it. */
export const MAX_DEPTH = 128;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

/**
 * A strict JSON reader (RFC 8259) that walks over the bytes once and builds nothing that is not asked for.
 *
 * The archive must return numbers and documents as they were posted (`26.0`, `12345678901234567890`, labels in their
 * order), and `JSON.parse` keeps none of that: so callers take the source text of what they need, by position.
 * Every refusal is an `Invalid` that says at which byte. A NUL character, even escaped, is refused: PostgreSQL's text
 * cannot hold it. Nesting above 128 is refused. Of duplicate keys a caller sees all, in order; the last should win.
 */
export class JsonReader {
  position: number;
  private keyStart = 0;
  private keyEnd = 0;
  private depth = 0;
  /** True between the opening of an object or array and its first key or item. */
  private fresh = false;

  /** Reads `bytes` from `start` (inclusive) to `end` (exclusive). The caller has checked that they are UTF-8. */
  constructor(
    readonly bytes: Buffer,
    start = 0,
    readonly end = bytes.length,
  ) {
    this.position = start;
  }

  /** A reader of a whole request body. Throws `Invalid` if it is empty or not UTF-8. */
  static ofBody(body: Buffer): JsonReader {
    if (body.length === 0) throw new Invalid('the body is empty, expected JSON');
    if (!isUtf8(body)) throw new Invalid('the body is not UTF-8');
    return new JsonReader(body);
  }

  /** The kind of the next value, without moving past it. */
  kind(): JsonKind {
    const byte = this.peek();
    switch (byte) {
      case OPEN_OBJECT:
        return 'object';
      case OPEN_ARRAY:
        return 'array';
      case QUOTE:
        return 'string';
      case 0x74:
      case 0x66:
        return 'boolean';
      case 0x6e:
        return 'null';
      default:
        if (byte === MINUS || isDigit(byte)) return 'number';
        throw this.unexpected('a value');
    }
  }

  /** Enters the next value, which must be an object; then call `nextKey` until it gives `undefined`. */
  beginObject(): void {
    this.expect(OPEN_OBJECT, 'an object');
    this.descend();
  }

  /** Moves to the value of the next key and returns the key; leaves the object and returns `undefined` at its end. */
  nextKey(): string | undefined {
    if (!this.nextMember(CLOSE_OBJECT)) return undefined;
    this.keyStart = this.position;
    const key = this.readString();
    this.keyEnd = this.position;
    this.expect(COLON, "':'");
    return key;
  }

  /** The source text of the key that `nextKey` returned last, with its quotes. */
  get keyText(): string {
    return this.text(this.keyStart, this.keyEnd);
  }

  /** Enters the next value, which must be an array; then call `nextItem` until it gives `false`. */
  beginArray(): void {
    this.expect(OPEN_ARRAY, 'an array');
    this.descend();
  }

  /** Moves to the next item; leaves the array and returns `false` at its end. */
  nextItem(): boolean {
    return this.nextMember(CLOSE_ARRAY);
  }

  /** Reads a string. Throws `Invalid` where it holds a lone surrogate, which no UTF-8 text can carry. */
  readString(): string {
    if (this.peek() !== QUOTE) throw this.unexpected('a string');
    const start = this.position;
    const plain = this.skipString();
    if (plain) return this.bytes.toString('latin1', start + 1, this.position - 1);
    const text = JSON.parse(this.bytes.toString('utf8', start, this.position)) as string;
    if (!text.isWellFormed()) throw new Invalid(`bad JSON: a lone surrogate in the string at byte ${start}`);
    return text;
  }

  /** Moves past the next value, checking it, and returns the position of its first byte; `position` is its end. */
  skip(): number {
    const byte = this.peek();
    const start = this.position;
    if (byte === QUOTE) this.skipString();
    else if (byte === OPEN_OBJECT) {
      this.beginObject();
      while (this.nextMember(CLOSE_OBJECT)) {
        if (this.peek() !== QUOTE) throw this.unexpected('a key');
        this.skipString();
        this.expect(COLON, "':'");
        this.skip();
      }
    } else if (byte === OPEN_ARRAY) {
      this.beginArray();
      while (this.nextMember(CLOSE_ARRAY)) this.skip();
    } else if (byte === MINUS || isDigit(byte)) this.skipNumber();
    else this.skipLiteral();
    return start;
  }

  /** The source text between two positions. */
  text(from: number, to: number): string {
    return this.bytes.toString('utf8', from, to);
  }

  /** Checks that nothing but white space remains. */
  finish(): void {
    if (this.peek() !== -1) throw this.unexpected('the end');
  }

  private descend(): void {
    if (++this.depth > MAX_DEPTH) throw new Invalid(`the JSON is nested deeper than ${MAX_DEPTH}`);
    this.fresh = true;
  }

  private nextMember(close: number): boolean {
    const byte = this.peek();
    const first = this.fresh;
    this.fresh = false;
    if (byte === close) {
      this.position++;
      this.depth--;
      return false;
    }
    if (!first) {
      this.expect(COMMA, close === CLOSE_ARRAY ? "',' or ']'" : "',' or '}'");
      if (this.peek() === close) throw this.unexpected('a value');
    }
    return true;
  }

  /** The next byte that is no white space, or -1 at the end. */
  private peek(): number {
    const { bytes, end } = this;
    while (this.position < end) {
      const byte = bytes[this.position] ?? -1;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.position++;
    }
    return -1;
  }

  private expect(byte: number, what: string): void {
    if (this.peek() !== byte) throw this.unexpected(what);
    this.position++;
  }

  /** Returns whether the string is plain: ASCII and without escapes, so that its bytes are its text. */
  private skipString(): boolean {
    const { bytes, end } = this;
    let at = this.position + 1;
    let plain = true;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.position = at + 1;
        return plain;
      }
      if (byte === BACKSLASH) {
        plain = false;
        at = this.skipEscape(at + 1);
      } else if (byte < 0x20) throw new Invalid(`bad JSON: a control character in a string at byte ${at}`);
      else if (byte > 0x7e) plain = false;
    }
    throw new Invalid(`bad JSON: the string that begins at byte ${this.position} has no end`);
  }

  /** `at` is the character after the backslash; returns the position of the escape's last character. */
  private skipEscape(at: number): number {
    const letter = this.bytes.toString('latin1', at, at + 1);
    if (letter !== 'u') {
      if (letter === '' || !'"\\/bfnrt'.includes(letter)) throw new Invalid(`bad JSON: a bad escape at byte ${at - 1}`);
      return at;
    }
    const hex = this.bytes.toString('latin1', at + 1, Math.min(at + 5, this.end));
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new Invalid(`bad JSON: a bad escape at byte ${at - 1}`);
    if (hex === '0000') throw new Invalid(`a NUL character in a string at byte ${at - 1}`);
    return at + 4;
  }

  private skipNumber(): void {
    const { bytes } = this;
    const start = this.position;
    let at = start;
    if (bytes[at] === MINUS) at++;
    if (bytes[at] === 0x30) at++;
    else at = this.skipDigits(at);
    if (bytes[at] === 0x2e && at < this.end) at = this.skipDigits(at + 1);
    if ((bytes[at] === 0x65 || bytes[at] === 0x45) && at < this.end) {
      at++;
      if (bytes[at] === 0x2b || bytes[at] === MINUS) at++;
      at = this.skipDigits(at);
    }
    if (at < this.end && isDigit(bytes[at] ?? -1)) throw new Invalid(`bad JSON: a leading zero at byte ${start}`);
    // Beyond the doubles (1e400): readers elsewhere would take it for infinity. Shorter texts can't get there.
    if (at - start > 4 && !Number.isFinite(Number(bytes.toString('latin1', start, at))))
      throw new Invalid(`bad JSON: a number out of range at byte ${start}`);
    this.position = at;
  }

  /** At least one digit; returns the position after the last. */
  private skipDigits(from: number): number {
    let at = from;
    while (at < this.end && isDigit(this.bytes[at] ?? -1)) at++;
    if (at === from) {
      this.position = at;
      throw this.unexpected('a digit');
    }
    return at;
  }

  private skipLiteral(): void {
    const word = LITERALS[this.bytes.toString('latin1', this.position, this.position + 1)];
    const stop = this.position + (word?.length ?? 0);
    if (word === undefined || stop > this.end || this.bytes.toString('latin1', this.position, stop) !== word)
      throw this.unexpected('a value');
    this.position = stop;
  }

  private unexpected(wanted: string): Invalid {
    const found =
      this.position < this.end
        ? JSON.stringify(this.bytes.toString('utf8', this.position, this.position + 1))
        : 'the end';
    return new Invalid(`bad JSON: expected ${wanted} at byte ${this.position}, found ${found}`);
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
