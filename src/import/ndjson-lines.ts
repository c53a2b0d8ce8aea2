import { type Readable } from 'node:stream';
import { JsonReader } from '../json/json-reader.js';
import { readMembers } from '../json/json-text.js';
import { type FileLine, lineOr, recordOf } from './file-line.js';
import { utf8Lines } from './utf8-lines.js';

/**
 * The points of an NDJSON stream. Each line is an object of `event-type`, `ts`, `val` and the fields of the metadata.
 */
export async function* ndjsonLines(input: Readable): AsyncGenerator<FileLine, void, undefined> {
  for await (const found of utf8Lines(input))
    if (found.kind === 'bad') yield found;
    else yield* lineOr(found.line, () => [recordOf(found.line, membersOf(found.text))]);
}

function membersOf(text: string): ReturnType<typeof readMembers> {
  const reader = new JsonReader(text);
  const members = readMembers(reader);
  reader.finish();
  return members;
}
