import { Invalid } from '../common/errors.js';

/** The value of a field as JSON. */
export interface FieldValue {
  readonly json: string;
  /** The text of a text value. */
  readonly text?: string;
}

/** A line of InfluxDB's line protocol. */
export interface ProtocolLine {
  readonly measurement: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, FieldValue>;
  /** An integer in the unit of the file. */
  readonly time: string | undefined;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const INTEGER = /^([+-]?)0*(\d+)[iu]$/;
const TRUE = ['t', 'T', 'true', 'True', 'TRUE'];
const FALSE = ['f', 'F', 'false', 'False', 'FALSE'];

/**
 * Parses `measurement,tag=value field=value,other="text" 1714557600000000000`. A backslash escapes commas, blanks, `=`
 * and quotes. Throws `Invalid`.
 */
export function parseProtocolLine(line: string): ProtocolLine {
  const scanner = new Scanner(line.trim());
  const measurement = scanner.until(', ');
  if (measurement === '') throw new Invalid('there is no measurement');
  const tags = new Map<string, string>();
  while (scanner.take(',')) {
    const [name, value] = [scanner.until('=, '), scanner.take('=') ? scanner.until(', ') : ''];
    if (name === '' || value === '') throw new Invalid('a tag without a name or a value');
    tags.set(name, value);
  }
  scanner.blanks();
  const fields = new Map<string, FieldValue>();
  do {
    const name = scanner.until('=, ');
    if (name === '' || !scanner.take('=')) throw new Invalid('a field without a name or a value');
    fields.set(name, fieldValue(scanner, name));
  } while (scanner.take(','));
  scanner.blanks();
  const time = scanner.rest();
  if (time !== '' && !/^-?\d{1,19}$/.test(time)) throw new Invalid(`a time that is no integer: ${time.slice(0, 40)}`);
  return { measurement, tags, fields, time: time === '' ? undefined : time };
}

function fieldValue(scanner: Scanner, name: string): FieldValue {
  if (scanner.take('"')) {
    const text = scanner.quoted();
    return { json: JSON.stringify(text), text };
  }
  const text = scanner.until(', ');
  if (text === '') throw new Invalid(`${name}: empty, expected a number, true, false, or a text in quotes`);
  const integer = INTEGER.exec(text);
  if (integer) return { json: `${integer[1] === '-' ? '-' : ''}${integer[2] ?? ''}` };
  if (NUMBER.test(text) && Number.isFinite(Number(text))) return { json: String(Number(text)) };
  if (TRUE.includes(text)) return { json: 'true' };
  if (FALSE.includes(text)) return { json: 'false' };
  throw new Invalid(`${name}: ${JSON.stringify(text.slice(0, 40))} is no value`);
}

/** A position in a line that moves forward. */
class Scanner {
  private at = 0;

  constructor(private readonly line: string) {}

  /** The unescaped text before the next of these characters; moves to it. */
  until(stops: string): string {
    let text = '';
    for (; this.at < this.line.length; this.at++) {
      const character = this.line.charAt(this.at);
      if (stops.includes(character)) break;
      const next = this.line.charAt(this.at + 1);
      const isEscape = character === '\\' && next !== '' && ',= "\\'.includes(next);
      text += isEscape ? next : character;
      if (isEscape) this.at++;
    }
    return text;
  }

  /** The rest of a quoted text behind its first quote; moves past the last one. */
  quoted(): string {
    let text = '';
    for (; this.at < this.line.length; this.at++) {
      const character = this.line.charAt(this.at);
      if (character === '"') {
        this.at++;
        return text;
      }
      const next = this.line.charAt(this.at + 1);
      const isEscape = character === '\\' && (next === '"' || next === '\\');
      text += isEscape ? next : character;
      if (isEscape) this.at++;
    }
    throw new Invalid('a text without an end');
  }

  /** Moves past this character if it is next, and tells whether it was. */
  take(character: string): boolean {
    const isNext = this.line.charAt(this.at) === character;
    if (isNext) this.at++;
    return isNext;
  }

  blanks(): void {
    while (this.take(' '));
  }

  rest(): string {
    return this.line.slice(this.at);
  }
}
