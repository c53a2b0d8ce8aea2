import { isUtf8 } from 'node:buffer';
import { type Readable } from 'node:stream';
import { Invalid } from '../common/errors.js';
import { type BadLine } from './file-line.js';

/** Longer lines have no value that the archive could store. */
const MAX_LINE_BYTES = 32 * 1024 ** 2;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** The length of the text before a bad byte in messages. */
const MAX_SHOWN_CHARACTERS = 30;

/** A line of a text with its number, from 1. */
export interface TextLine {
  readonly kind: 'line';
  readonly line: number;
  readonly text: string;
}

/**
 * The lines of a UTF-8 stream with their numbers, without blank ones. A line that is not UTF-8, or longer than 32 MiB,
 * is a bad line; its text is not kept. Throws `Invalid` for UTF-16.
 */
export async function* utf8Lines(input: Readable): AsyncGenerator<TextLine | BadLine, void, undefined> {
  let line = 0;
  let rest: Buffer[] = [];
  let size = 0;
  const lineOf = (end: Buffer): TextLine | BadLine | undefined => {
    line++;
    const isTooLong = size + end.length > MAX_LINE_BYTES;
    const bytes = rest.length === 0 ? end : Buffer.concat([...rest, end]);
    [rest, size] = [[], 0];
    if (isTooLong) return { kind: 'bad', line, problem: `longer than ${MAX_LINE_BYTES / 1024 ** 2} MiB` };
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
    // Of a line that is too long, only the length is needed.
    if (size > MAX_LINE_BYTES) rest = [];
    else if (last.length > 0) rest.push(last);
  }
  const found = size > 0 ? lineOf(Buffer.alloc(0)) : undefined;
  if (found) yield found;
}

/** The bytes of a stream without a UTF-8 byte order mark. Throws `Invalid` for a UTF-16 one. */
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

/** Says why bytes are not UTF-8; `undefined` where they are. */
export function notUtf8(bytes: Buffer): string | undefined {
  if (isUtf8(bytes)) return undefined;
  const at = firstBadByte(bytes);
  const before = bytes.toString('utf8', 0, at).slice(-MAX_SHOWN_CHARACTERS);
  const byte = `0x${(bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`;
  return `not UTF-8: byte ${byte} after ${JSON.stringify(before)}; convert the file, as with iconv -f LATIN1 -t UTF-8`;
}

/** The decoder replaces bad bytes by U+FFFD; a real U+FFFD has three bytes of its own. */
function firstBadByte(bytes: Buffer): number {
  let at = 0;
  for (const character of bytes.toString()) {
    if (character === '\uFFFD' && bytes.toString('hex', at, at + 3) !== 'efbfbd') return at;
    at += Buffer.byteLength(character);
  }
  return at;
}
