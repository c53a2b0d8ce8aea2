import { isUtf8 } from 'node:buffer';
import { type Readable } from 'node:stream';
import { Invalid } from '../common/errors.js';
import { type BadLine } from './file-line.js';

/** No line that the archive could store is longer, in bytes. */
const MAX_LINE = 32 * 1024 ** 2;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** How much text before the byte at fault a message shows. */
const SHOWN = 30;

/** A line of a text with its number, from 1. */
export interface TextLine {
  readonly kind: 'line';
  readonly line: number;
  readonly text: string;
}

/**
 * The lines of a stream of UTF-8 with their numbers; blank ones are left out. A line that is not UTF-8, or longer than
 * 32 MiB, is a bad one: nothing of it is kept. Throws `Invalid` for UTF-16.
 */
export async function* utf8Lines(input: Readable): AsyncGenerator<TextLine | BadLine, void, undefined> {
  let line = 0;
  let rest: Buffer[] = [];
  let size = 0;
  const lineOf = (end: Buffer): TextLine | BadLine | undefined => {
    line++;
    const isTooLong = size + end.length > MAX_LINE;
    const bytes = rest.length === 0 ? end : Buffer.concat([...rest, end]);
    [rest, size] = [[], 0];
    if (isTooLong) return { kind: 'bad', line, problem: `longer than ${MAX_LINE / 1024 ** 2} MiB` };
    const problem = notUtf8(bytes);
    if (problem !== undefined) return { kind: 'bad', line, problem };
    const text = bytes.toString('utf8', 0, bytes.at(-1) === RETURN ? bytes.length - 1 : bytes.length);
    return text.trim() === '' ? undefined : { kind: 'line', line, text };
  };
  for await (const chunk of withoutMark(input)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const found = lineOf(chunk.subarray(start, end));
      start = end + 1;
      if (found) yield found;
    }
    const last = chunk.subarray(start);
    size += last.length;
    // Of a line that is too long only its length matters.
    if (size > MAX_LINE) rest = [];
    else if (last.length > 0) rest.push(last);
  }
  const found = size > 0 ? lineOf(Buffer.alloc(0)) : undefined;
  if (found) yield found;
}

/** The bytes of a stream without a byte order mark of UTF-8. Throws `Invalid` where there is one of UTF-16. */
export async function* withoutMark(input: Readable): AsyncGenerator<Buffer, void, undefined> {
  let begin: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of input as AsyncIterable<Buffer>) {
    if (!begin) {
      yield chunk;
      continue;
    }
    begin = Buffer.concat([begin, chunk]);
    if (begin.length < 3) continue;
    yield afterMark(begin);
    begin = undefined;
  }
  if (begin && begin.length > 0) yield afterMark(begin);
}

function afterMark(begin: Buffer): Buffer {
  const mark = begin.toString('hex', 0, 3);
  if (mark.startsWith('fffe') || mark.startsWith('feff'))
    throw new Invalid('the file is in UTF-16, expected UTF-8: convert it, as with iconv -f UTF-16 -t UTF-8');
  return mark === 'efbbbf' ? begin.subarray(3) : begin;
}

/** Why some bytes are no UTF-8; `undefined` where they are. */
export function notUtf8(bytes: Buffer): string | undefined {
  if (isUtf8(bytes)) return undefined;
  const at = firstBadByte(bytes);
  const before = bytes.toString('utf8', 0, at).slice(-SHOWN);
  const byte = `0x${(bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`;
  return `not UTF-8: byte ${byte} after ${JSON.stringify(before)}; convert the file, as with iconv -f LATIN1 -t UTF-8`;
}

/** The decoder puts U+FFFD where the bytes are wrong; one that stands there itself has three bytes. */
function firstBadByte(bytes: Buffer): number {
  let at = 0;
  for (const character of bytes.toString()) {
    if (character === '\uFFFD' && bytes.toString('hex', at, at + 3) !== 'efbfbd') return at;
    at += Buffer.byteLength(character);
  }
  return at;
}
