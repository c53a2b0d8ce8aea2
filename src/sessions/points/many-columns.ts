import { BadPart } from '../../common/errors.js';
import { JsonReader } from '../../json/json-reader.js';
import { type JsonSlice, readMembers, stringOf } from '../../json/json-text.js';
import { readTimes, readValues } from './json-columns.js';
import { type ColumnOptions, PostedColumns } from './posted-columns.js';
import { isRow, ROW_EXPECTED } from './row.pipe.js';

/** The points of one stream in a body with several, not yet read. */
export interface PostedStream {
  readonly stream: string;
  /** The row number of the first point; `undefined` appends. */
  readonly row: number | undefined;
  /** Reads the points. Throws `Invalid`, naming the element, and `TooLarge`. */
  readonly read: (options: ColumnOptions) => PostedColumns;
}

/**
 * Reads the body `{"streams": [{"stream": T, "row": 0, "ts": […], "value": […]}, …]}`, each stream at most once. Throws
 * `Invalid`, naming the item by its position from 1.
 */
export function parseManyStreams(body: Buffer): PostedStream[] {
  const reader = JsonReader.ofBody(body);
  if (reader.kind() !== 'object') throw new BadPart('', `expected an object with streams, got ${reader.kind()}`);
  let streams: PostedStream[] | undefined;
  reader.beginObject();
  for (let name = reader.nextKey(); name !== undefined; name = reader.nextKey())
    if (name === 'streams') streams = readStreams(reader);
    else throw new BadPart(name, 'there is no such field here');
  reader.finish();
  if (!streams) throw new BadPart('streams', 'missing');
  return streams;
}

function readStreams(reader: JsonReader): PostedStream[] {
  const streams = new Map<string, PostedStream>();
  if (reader.kind() !== 'array') throw new BadPart('streams', `expected an array, got ${reader.kind()}`);
  reader.beginArray();
  for (let item = 1; reader.nextItem(); item++)
    try {
      const posted = readStream(reader, `streams item ${item}`);
      if (streams.has(posted.stream)) throw new BadPart('stream', `${posted.stream} is there twice`);
      streams.set(posted.stream, posted);
    } catch (error) {
      throw BadPart.at(`streams item ${item}`, error);
    }
  return [...streams.values()];
}

const MEMBERS = ['stream', 'row', 'ts', 'value'];

function readStream(reader: JsonReader, place: string): PostedStream {
  if (reader.kind() !== 'object') throw new BadPart('', `expected an object, got ${reader.kind()}`);
  const members = readMembers(reader);
  for (const name of members.keys())
    if (!MEMBERS.includes(name)) throw new BadPart(name, 'there is no such field here');
  const [ts, value] = [arrayIn(members, 'ts'), arrayIn(members, 'value')];
  return {
    stream: textIn(members, 'stream'),
    row: rowIn(members.get('row')),
    read: (options) => {
      try {
        const columns = new PostedColumns(options);
        readTimes(new JsonReader(ts.text), columns);
        readValues(new JsonReader(value.text), columns);
        return columns.finish();
      } catch (error) {
        throw BadPart.at(place, error);
      }
    },
  };
}

function arrayIn(members: ReadonlyMap<string, JsonSlice>, name: string): JsonSlice {
  const slice = members.get(name);
  if (slice?.kind !== 'array') throw new BadPart(name, `expected an array, got ${slice?.kind ?? 'nothing'}`);
  return slice;
}

function textIn(members: ReadonlyMap<string, JsonSlice>, name: string): string {
  const slice = members.get(name);
  if (slice?.kind !== 'string') throw new BadPart(name, `expected a text, got ${slice?.kind ?? 'nothing'}`);
  return stringOf(slice);
}

function rowIn(slice: JsonSlice | undefined): number | undefined {
  if (!slice || slice.kind === 'null') return undefined;
  const row = slice.kind === 'number' ? Number(slice.text) : NaN;
  if (!isRow(row)) throw new BadPart('row', `${ROW_EXPECTED}, got ${slice.text}`);
  return row;
}
