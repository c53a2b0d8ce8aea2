import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { JsonReader } from '../json/json-reader.js';
import { readMembers } from '../json/json-text.js';
import { type FileLine, lineOr, recordOf } from './file-line.js';

/** The points of an NDJSON stream: an object a line, with the fields of the metadata beside `event-type`, `ts`, `val`. */
export async function* ndjsonLines(input: Readable): AsyncGenerator<FileLine, void, undefined> {
  for await (const { line, text } of numbered(input))
    yield* lineOr(line, () => {
      const reader = new JsonReader(text);
      const members = readMembers(reader);
      reader.finish();
      return [recordOf(line, members)];
    });
}

/** The lines of a stream with their numbers; blank ones are left out. */
export async function* numbered(input: Readable): AsyncGenerator<{ line: number; text: string }, void, undefined> {
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line++;
    if (text.trim() !== '') yield { line, text: line === 1 ? text.replace(/^\uFEFF/, '') : text };
  }
}
