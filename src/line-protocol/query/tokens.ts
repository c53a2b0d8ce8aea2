import { Invalid } from '../../common/errors.js';

/** A token of a query: a word, number or sign, the text of a quoted name or string, or the end. */
interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'other' | 'end';
  readonly text: string;
  /** Where it begins in the query. */
  readonly start: number;
}

const BLANK = /\s|--[^\n]*/y;
const WORD = /[A-Za-z_]\w*/y;
const NUMBER = /[\d.][\w.]*/y;

/** Reads the tokens of a query one by one. */
export class Tokens {
  private position = 0;

  constructor(private readonly query: string) {}

  /** Moves to the next statement. Returns whether there is one. */
  beginStatement(): boolean {
    while (this.takeIf(({ kind, text }) => kind === 'other' && text === ';'));
    return this.peek().kind !== 'end';
  }

  /** Reads one of these words, in any case; returns it in upper case. Throws `Invalid`. */
  keyword(...expected: readonly string[]): string {
    const token = this.next();
    const word = token.text.toUpperCase();
    if (token.kind !== 'word' || !expected.includes(word)) throw this.unexpected(token, expected.join(', '));
    return word;
  }

  /** Reads a word, in any case, if it is there. Returns whether it is. */
  isWord(word: string): boolean {
    return this.takeIf(({ kind, text }) => kind === 'word' && text.toUpperCase() === word);
  }

  /** Reads a name, in quotes or without. Throws `Invalid`. */
  name(): string {
    const token = this.next();
    if (token.kind !== 'word' && token.kind !== 'name') throw this.unexpected(token, 'identifier');
    return token.text;
  }

  /** Reads the end of a statement. Throws `Invalid`. */
  endStatement(): void {
    const token = this.next();
    if (!isEnd(token)) throw this.unexpected(token, ';');
  }

  /** Reads the rest of a statement. */
  skipStatement(): void {
    while (!isEnd(this.next()));
  }

  private takeIf(isWanted: (token: Token) => boolean): boolean {
    const before = this.position;
    if (isWanted(this.next())) return true;
    this.position = before;
    return false;
  }

  private peek(): Token {
    const before = this.position;
    const token = this.next();
    this.position = before;
    return token;
  }

  private next(): Token {
    while (this.match(BLANK) !== undefined);
    const start = this.position;
    const first = this.query.charAt(start);
    if (first === '') return { kind: 'end', text: 'EOF', start };
    if (first === '"' || first === "'") return this.quoted(first);
    const word = this.match(WORD);
    if (word !== undefined) return { kind: 'word', text: word, start };
    const text = this.match(NUMBER) ?? first;
    this.position = start + text.length;
    return { kind: 'other', text, start };
  }

  /** The error of a token where another one was expected. */
  private unexpected({ text, start }: Token, expected: string): Invalid {
    const lines = this.query.slice(0, start).split('\n');
    const place = `at line ${lines.length}, char ${(lines.at(-1)?.length ?? 0) + 1}`;
    return new Invalid(`error parsing query: found ${text.slice(0, 100)}, expected ${expected} ${place}`);
  }

  /** Reads a text in quotes, in which a backslash escapes. */
  private quoted(quote: string): Token {
    const start = this.position;
    let text = '';
    for (let at = start + 1; at < this.query.length; at++) {
      const character = this.query.charAt(at);
      if (character === quote) {
        this.position = at + 1;
        return { kind: quote === '"' ? 'name' : 'string', text, start };
      }
      text += character === '\\' ? this.query.charAt(++at) : character;
    }
    throw this.unexpected({ kind: 'other', text: quote + text, start }, `the closing ${quote}`);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const text = pattern.exec(this.query)?.[0];
    this.position += text?.length ?? 0;
    return text;
  }
}

function isEnd({ kind, text }: Token): boolean {
  return kind === 'end' || (kind === 'other' && text === ';');
}
