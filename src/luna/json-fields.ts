import { Invalid } from '../common/errors.js';
import { JsonReader } from '../json/json-reader.js';
import { type JsonSlice, readMembers, stringOf } from '../json/json-text.js';

/** The members of a JSON object in a body. Throws `Invalid`. */
export function membersIn(body: Buffer | undefined): ReadonlyMap<string, JsonSlice> {
  const reader = JsonReader.ofBody(body ?? Buffer.alloc(0));
  const kind = reader.kind();
  if (kind !== 'object') throw new Invalid(`expected a JSON object, got ${kind}`);
  const members = readMembers(reader);
  reader.finish();
  return members;
}

/** The text of a string or a number; `undefined` where there is none. Throws `Invalid` for anything else. */
export function scalarOf(name: string, slice: JsonSlice | undefined): string | undefined {
  if (!slice || slice.kind === 'null') return undefined;
  if (slice.kind === 'string') return stringOf(slice);
  if (slice.kind === 'number') return slice.text;
  throw new Invalid(`${name}: expected a text, got ${slice.kind}`);
}
