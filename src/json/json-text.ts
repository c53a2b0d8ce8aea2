import { JsonReader, type JsonKind } from './json-reader.js';

/** The source text of one JSON value, already checked, with its kind. */
export interface JsonSlice {
  readonly kind: JsonKind;
  /** As posted, surrounding white space excluded. */
  readonly text: string;
}

/** Reads the next value of `reader` as a slice. */
export function readSlice(reader: JsonReader): JsonSlice {
  const kind = reader.kind();
  const start = reader.skip();
  return { kind, text: reader.text(start, reader.position) };
}

/** A JSON text as a slice. Throws `Invalid`. */
export function parseSlice(text: string): JsonSlice {
  const reader = readerOf(text);
  const slice = readSlice(reader);
  reader.finish();
  return slice;
}

/** The members of the next value, which must be an object, by decoded key: of duplicate keys the last. */
export function readMembers(reader: JsonReader): Map<string, JsonSlice> {
  const members = new Map<string, JsonSlice>();
  reader.beginObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) members.set(key, readSlice(reader));
  return members;
}

/** The items of an array, given as its checked source text. */
export function itemsOf(array: string): JsonSlice[] {
  const items: JsonSlice[] = [];
  const reader = readerOf(array);
  reader.beginArray();
  while (reader.nextItem()) items.push(readSlice(reader));
  return items;
}

/** The members of an object, given as its checked source text. */
export function membersOf(object: string): Map<string, JsonSlice> {
  return readMembers(readerOf(object));
}

/** The text that a JSON string stands for. Throws `Invalid` on a lone surrogate. */
export function stringOf(slice: JsonSlice): string {
  const { text } = slice;
  return text.includes('\\') ? readerOf(text).readString() : text.slice(1, -1);
}

/** Drops the white space outside strings from checked JSON text and changes nothing else. */
export function compact(text: string): string {
  if (!/[ \t\r\n]/.test(text)) return text;
  const kept: string[] = [];
  let start = 0;
  let inString = false;
  // A loop, not a regular expression: those run out of stack on strings of several megabytes.
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === ' ' || character === '\n' || character === '\r' || character === '\t') {
      kept.push(text.slice(start, at));
      start = at + 1;
    }
  }
  kept.push(text.slice(start));
  return kept.join('');
}

function readerOf(text: string): JsonReader {
  return new JsonReader(text);
}
