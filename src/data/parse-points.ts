import { parseDecimal } from 'marigram-client/exact';
import { BadPart, TooLarge } from '../common/errors.js';
import { FIRST_SECOND, inStorableYears, LAST_MICRO, LAST_SECOND, MICROS_PER_SECOND } from '../common/time.js';
import { JsonReader } from '../json/json-reader.js';
import { type JsonSlice, readSlice, stringOf } from '../json/json-text.js';

/** Longer texts are rounded as doubles: no clock has more digits, and megabytes of them take long to round exactly. */
const MAX_EXACT_CHARACTERS = 40;

/** Seconds of more digits than microseconds need, as Python's clock gives them. */
const SEVEN_DECIMALS = /^(-?)(\d+)\.(\d{6})(\d)\d*$/;

/** A posted point. Its structure is checked, its event type and value are not yet. */
export interface PostedPoint {
  readonly metadataKey: string;
  readonly eventType: string;
  readonly micros: number;
  readonly value: JsonSlice;
  /** The position, from 1, of its item in `data`, and of its value in the item; 0 for a single point. */
  readonly item: number;
  readonly position: number;
  /** Whether its place must be free, since the archive chose its time: see `WriteRequest.mustBeNew`. */
  readonly mustBeNew?: boolean;
}

/** The place of a point's value in the body, for messages. */
export function whereOf({ item, position }: PostedPoint): string {
  return item > 0 ? `data item ${item}, val ${position}, val` : 'val';
}

/** The body of a POST of one point, `{"ts": …, "val": …}`; other members are ignored. Throws `Invalid`. */
export function parsePoint(body: Buffer | undefined, metadataKey: string, eventType: string): PostedPoint {
  const reader = JsonReader.ofBody(body ?? Buffer.alloc(0));
  let ts: JsonSlice | undefined;
  let value: JsonSlice | undefined;
  enterObject(reader, 'the body');
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
    if (key === 'ts') ts = readSlice(reader);
    else if (key === 'val') value = readSlice(reader);
    else reader.skip();
  reader.finish();
  const micros = parseTime(ts);
  if (!value) throw new BadPart('val', 'missing');
  return { metadataKey, eventType, micros, value, item: 0, position: 0 };
}

/**
 * The body of a bulk PUT, `{"data": [{"ts": …, "val": [{"event-type": …, "val": …}, …]}, …]}`, in its order.
 * @param metadataKey the metadata that all points belong to; `undefined` where each item of `data` names its own as
 * `metadata-key`.
 * Throws `Invalid`, naming the member and its 1-based position, and `TooLarge` where there are more than `most` points.
 */
export function parseBulk(body: Buffer | undefined, most: number, metadataKey?: string): PostedPoint[] {
  const reader = JsonReader.ofBody(body ?? Buffer.alloc(0));
  let points: PostedPoint[] | undefined;
  enterObject(reader, 'the body');
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
    if (key === 'data') points = readItems(reader, most, metadataKey);
    else reader.skip();
  reader.finish();
  if (!points) throw new BadPart('data', 'missing');
  return points;
}

function readItems(reader: JsonReader, most: number, metadataKey: string | undefined): PostedPoint[] {
  const points: Unfinished[] = [];
  enterArray(reader, 'data');
  for (let item = 1; reader.nextItem(); item++)
    try {
      readItem(reader, item, metadataKey, points);
      if (points.length > most) throw new TooLarge(`more than ${most} points in one request (MAX_POINTS)`);
    } catch (error) {
      throw BadPart.at(`data item ${item}`, error);
    }
  return points;
}

/** A point whose item is not read to its end. */
type Unfinished = { -readonly [Part in keyof PostedPoint]: PostedPoint[Part] };

/** Members come in any order, so what applies to all values of an item is filled in at its end. */
function readItem(reader: JsonReader, item: number, ofRequest: string | undefined, points: Unfinished[]): void {
  const first = points.length;
  let ts: JsonSlice | undefined;
  let ownKey: JsonSlice | undefined;
  let hasValues = false;
  enterObject(reader, '');
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
    if (key === 'ts') ts = readSlice(reader);
    else if (key === 'val') {
      points.length = first; // of duplicate members, the last counts
      readValues(reader, item, points);
      hasValues = true;
    } else if (key === 'metadata-key') ownKey = readSlice(reader);
    else reader.skip();
  const micros = parseTime(ts);
  if (!hasValues) throw new BadPart('val', 'missing');
  const metadataKey = ofRequest ?? textOf(ownKey, 'metadata-key');
  for (let index = first; index < points.length; index++) {
    const point = points[index] as Unfinished; // within the length
    point.metadataKey = metadataKey;
    point.micros = micros;
  }
}

function readValues(reader: JsonReader, item: number, points: Unfinished[]): void {
  enterArray(reader, 'val');
  for (let position = 1; reader.nextItem(); position++)
    try {
      points.push(readValue(reader, item, position));
    } catch (error) {
      throw BadPart.at(`val ${position}`, error);
    }
}

function readValue(reader: JsonReader, item: number, position: number): Unfinished {
  let eventType: JsonSlice | undefined;
  let value: JsonSlice | undefined;
  enterObject(reader, '');
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
    if (key === 'event-type') eventType = readSlice(reader);
    else if (key === 'val') value = readSlice(reader);
    else reader.skip();
  if (!value) throw new BadPart('val', 'missing');
  return { metadataKey: '', eventType: textOf(eventType, 'event-type'), micros: 0, value, item, position };
}

/** Seconds as a JSON number (a fraction is kept to the microsecond), or as integer text with blanks around it. */
export function parseTime(slice: JsonSlice | undefined): number {
  if (!slice) throw new BadPart('ts', 'missing');
  const text = slice.kind === 'string' ? stringOf(slice) : slice.text;
  const isTime = slice.kind === 'number' || (slice.kind === 'string' && /^\s*[+-]?\d+\s*$/.test(text));
  if (!isTime) throw new BadPart('ts', `expected seconds since 1970, got ${slice.text.slice(0, 60)}`);
  const seconds = Number(text);
  if (!inStorableYears(seconds))
    throw new BadPart(
      'ts',
      `${text.trim()} is outside the years 1 to 9999 (${FIRST_SECOND} to ${LAST_SECOND} seconds since 1970); ` +
        'is it in milliseconds?',
    );
  const isExact = Number.isInteger(seconds) || text.length > MAX_EXACT_CHARACTERS;
  const micros = isExact ? Math.round(seconds * MICROS_PER_SECOND) : roundToMicros(text);
  // Doubles are 32 µs apart at the end of the year 9999, so its last moments would round up into the next year.
  return Math.min(micros, LAST_MICRO);
}

/** Rounds the decimal text, half away from 0; its double is off by up to 0.12 µs. */
function roundToMicros(text: string): number {
  const plain = SEVEN_DECIMALS.exec(text);
  if (plain) {
    // The seventh decimal alone decides the rounding.
    const [, minus, whole = '', micro = '', next = ''] = plain;
    const micros = Number(whole + micro) + (next >= '5' ? 1 : 0);
    if (micros <= Number.MAX_SAFE_INTEGER) return minus ? 0 - micros : micros;
  }
  const { digits, scale } = parseDecimal(text.toLowerCase());
  const unit = 10n ** BigInt(scale);
  const half = digits < 0n ? -unit / 2n : unit / 2n;
  return Number((digits * BigInt(MICROS_PER_SECOND) + half) / unit);
}

function textOf(slice: JsonSlice | undefined, part: string): string {
  if (slice?.kind !== 'string') throw new BadPart(part, `expected a text, got ${slice?.kind ?? 'nothing'}`);
  return stringOf(slice);
}

function enterObject(reader: JsonReader, part: string): void {
  const found = reader.kind();
  if (found !== 'object') throw new BadPart(part, `expected an object, got ${found}`);
  reader.beginObject();
}

function enterArray(reader: JsonReader, part: string): void {
  const found = reader.kind();
  if (found !== 'array') throw new BadPart(part, `expected an array, got ${found}`);
  reader.beginArray();
}
