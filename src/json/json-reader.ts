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
const ZERO = 0x30;
const POINT = 0x2e;

/** Plain digits that are fewer than this always make a double. */
const SHORTEST_OVERFLOW = 300;

const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

/**
 * A strict JSON reader (RFC 8259) that walks over the text once and builds nothing that is not asked for.
 *
 * The archive must return numbers and documents as they were posted (`26.0`, `12345678901234567890`, labels in their
 * order), and `JSON.parse` keeps none of that: so callers take the source text of what they need, by position.
 * Every refusal is an `Invalid` that says at which character. A NUL character, even escaped, is refused: PostgreSQL's text
 * cannot hold it. Nesting above 128 is refused. Of duplicate keys a caller sees all, in order; the last should win.
 */
export class JsonReader {
  position = 0;
  private keyStart = 0;
  private keyEnd = 0;
  private depth = 0;
  /** True between the opening of an object or array and its first key or item. */
  private fresh = false;

  constructor(private readonly source: string) {}

  /** A reader of a whole request body. Throws `Invalid` if it is empty or not UTF-8. */
  static ofBody(body: Buffer): JsonReader {
    if (body.length === 0) throw new Invalid('the body is empty, expected JSON');
    if (!isUtf8(body)) throw new Invalid('the body is not UTF-8');
    // One string for the whole body: pieces of it cost a tenth of what pieces of the buffer do.
    return new JsonReader(body.toString());
  }

  /** The kind of the next value, without moving past it. */
  kind(): JsonKind {
    const code = this.peek();
    switch (code) {
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
        if (code === MINUS || isDigit(code)) return 'number';
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
    if (this.skipString()) return this.source.slice(start + 1, this.position - 1);
    const text = JSON.parse(this.text(start, this.position)) as string;
    if (!text.isWellFormed()) throw new Invalid(`bad JSON: a lone surrogate in the string at character ${start}`);
    return text;
  }

  /** Moves past the next value, checking it, and returns the position of its first code; `position` is its end. */
  skip(): number {
    const code = this.peek();
    const start = this.position;
    if (code === QUOTE) this.skipString();
    else if (code === OPEN_OBJECT) {
      this.beginObject();
      while (this.nextMember(CLOSE_OBJECT)) {
        if (this.peek() !== QUOTE) throw this.unexpected('a key');
        this.skipString();
        this.expect(COLON, "':'");
        this.skip();
      }
    } else if (code === OPEN_ARRAY) {
      this.beginArray();
      while (this.nextMember(CLOSE_ARRAY)) this.skip();
    } else if (code === MINUS || isDigit(code)) this.skipNumber();
    else this.skipLiteral();
    return start;
  }

  /** The source text between two positions. */
  text(from: number, to: number): string {
    return this.source.slice(from, to);
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
    const code = this.peek();
    const first = this.fresh;
    this.fresh = false;
    if (code === close) {
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

  /** The code of the next character that is no white space, or -1 at the end. */
  private peek(): number {
    const { source } = this;
    while (this.position < source.length) {
      const code = source.charCodeAt(this.position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.position++;
    }
    return -1;
  }

  private expect(code: number, what: string): void {
    if (this.peek() !== code) throw this.unexpected(what);
    this.position++;
  }

  /** Returns whether the string has no escapes, so that its source is its text. */
  private skipString(): boolean {
    const { source } = this;
    let plain = true;
    for (let at = this.position + 1; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === QUOTE) {
        this.position = at + 1;
        return plain;
      }
      if (code === BACKSLASH) {
        plain = false;
        at = this.skipEscape(at + 1);
      } else if (code < 0x20) throw new Invalid(`bad JSON: a control character in a string at character ${at}`);
    }
    throw new Invalid(`bad JSON: the string that begins at character ${this.position} has no end`);
  }

  /** `at` is the character after the backslash; returns the position of the escape's last character. */
  private skipEscape(at: number): number {
    const letter = this.source.charAt(at);
    if (letter !== 'u') {
      if (letter === '' || !'"\\/bfnrt'.includes(letter))
        throw new Invalid(`bad JSON: a bad escape at character ${at - 1}`);
      return at;
    }
    const hex = this.text(at + 1, at + 5);
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new Invalid(`bad JSON: a bad escape at character ${at - 1}`);
    if (hex === '0000') throw new Invalid(`a NUL character in a string at character ${at - 1}`);
    return at + 4;
  }

  private skipNumber(): void {
    const { source } = this;
    const start = this.position;
    let at = start;
    if (source.charCodeAt(at) === MINUS) at++;
    if (source.charCodeAt(at) === ZERO) at++;
    else at = this.skipDigits(at);
    if (source.charCodeAt(at) === POINT) at = this.skipDigits(at + 1);
    const mantissaEnd = at;
    if (source.charAt(at) === 'e' || source.charAt(at) === 'E') {
      at++;
      if (source.charAt(at) === '+' || source.charAt(at) === '-') at++;
      at = this.skipDigits(at);
    }
    if (isDigit(source.charCodeAt(at))) throw new Invalid(`bad JSON: a leading zero at character ${start}`);
    // Beyond the doubles (1e400): readers elsewhere would take it for infinity.
    const mayOverflow = at > mantissaEnd || at - start > SHORTEST_OVERFLOW;
    if (mayOverflow && !Number.isFinite(Number(this.text(start, at))))
      throw new Invalid(`bad JSON: a number out of range at character ${start}`);
    this.position = at;
  }

  /** At least one digit; returns the position after the last. */
  private skipDigits(from: number): number {
    let at = from;
    while (isDigit(this.source.charCodeAt(at))) at++;
    if (at === from) {
      this.position = at;
      throw this.unexpected('a digit');
    }
    return at;
  }

  private skipLiteral(): void {
    const word = LITERALS[this.source.charAt(this.position)];
    if (word === undefined || !this.source.startsWith(word, this.position)) throw this.unexpected('a value');
    this.position += word.length;
  }

  private unexpected(wanted: string): Invalid {
    const found = this.source.charAt(this.position);
    const shown = found === '' ? 'the end' : JSON.stringify(found);
    return new Invalid(`bad JSON: expected ${wanted} at character ${this.position}, found ${shown}`);
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
