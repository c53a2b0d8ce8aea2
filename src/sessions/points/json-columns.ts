import { BadPart, Invalid } from '../../common/errors.js';
import { JsonReader } from '../../json/json-reader.js';
import { readSlice } from '../../json/json-text.js';
import { type ColumnOptions, PostedColumns } from './posted-columns.js';

/** The most characters of a wrong value that a message shows. */
const SHOWN = 60;

/** Reads a JSON body with the points of one stream; see `readColumns`. Throws as it does. */
export function parseJsonColumns(body: Buffer, options: ColumnOptions): PostedColumns {
  const reader = JsonReader.ofBody(body);
  const columns = readColumns(reader, options);
  reader.finish();
  return columns;
}

/**
 * Reads points as columns, `{"ts": [0, 100], "value": [1, 2.5]}`, or as rows, `[[0, 1], [100, 2.5]]`. Throws `Invalid`,
 * naming the element by its position from 1, and `TooLarge`.
 */
function readColumns(reader: JsonReader, options: ColumnOptions): PostedColumns {
  const columns = new PostedColumns(options);
  const kind = reader.kind();
  if (kind === 'array') readRows(reader, columns);
  else if (kind === 'object') readMembers(reader, columns);
  else throw new BadPart('', `expected an object of ts and value, or an array of rows, got ${kind}`);
  return columns.finish();
}

function readMembers(reader: JsonReader, columns: PostedColumns): void {
  const seen = new Set<string>();
  reader.beginObject();
  for (let name = reader.nextKey(); name !== undefined; name = reader.nextKey()) {
    if (seen.has(name)) throw new BadPart(name, 'it is there twice');
    seen.add(name);
    if (name === 'ts') readTimes(reader, columns);
    else if (name === 'value') readValues(reader, columns);
    else throw new BadPart(name, 'there is no such field here');
  }
  for (const name of ['ts', 'value']) if (!seen.has(name)) throw new BadPart(name, 'missing');
}

/** Reads an array of times. */
export function readTimes(reader: JsonReader, columns: PostedColumns): void {
  readItems(reader, 'ts', () => {
    columns.addTime(readNumber(reader, 'integer microseconds'));
  });
}

/** Reads an array of values. */
export function readValues(reader: JsonReader, columns: PostedColumns): void {
  readItems(reader, 'value', () => {
    readValue(reader, columns);
  });
}

function readRows(reader: JsonReader, columns: PostedColumns): void {
  let row = 0;
  let part = 'row';
  try {
    reader.beginArray();
    while (reader.nextItem()) {
      row++;
      part = 'row';
      if (reader.kind() !== 'array') throw wrong(reader, '[ts, value]');
      reader.beginArray();
      part = 'ts';
      if (!reader.nextItem()) throw new BadPart('', 'missing');
      columns.addTime(readNumber(reader, 'integer microseconds'));
      part = 'value';
      if (!reader.nextItem()) throw new BadPart('', 'missing');
      readValue(reader, columns);
      part = 'row';
      if (reader.nextItem()) throw new BadPart('', 'expected [ts, value], got more');
    }
  } catch (error) {
    throw at(`${part} ${row}`, error);
  }
}

function readItems(reader: JsonReader, name: string, read: () => void): void {
  const kind = reader.kind();
  if (kind !== 'array') throw new BadPart(name, `expected an array, got ${kind}`);
  let position = 0;
  try {
    reader.beginArray();
    while (reader.nextItem()) {
      position++;
      read();
    }
  } catch (error) {
    throw at(`${name} ${position}`, error);
  }
}

function readValue(reader: JsonReader, columns: PostedColumns): void {
  if (columns.hasNumbers) columns.addNumber(readNumber(reader, 'a finite number'));
  else if (reader.kind() === 'string') columns.addText(reader.readString());
  else throw wrong(reader, 'a text');
}

function readNumber(reader: JsonReader, expected: string): number {
  if (reader.kind() !== 'number') throw wrong(reader, expected);
  const start = reader.skip();
  return Number(reader.text(start, reader.position));
}

function wrong(reader: JsonReader, expected: string): BadPart {
  const { text } = readSlice(reader);
  return new BadPart('', `expected ${expected}, got ${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}`);
}

/** The error of an element, bad JSON included, with its position. */
function at(place: string, error: unknown): unknown {
  if (error instanceof Invalid && !(error instanceof BadPart)) return new BadPart(place, error.message);
  return BadPart.at(place, error);
}
