import { parseDecimal } from '../common/decimal.js';
import { Invalid } from '../common/errors.js';
import { FIRST_SECOND, inStorableYears, LAST_SECOND, MICROS_PER_SECOND } from '../common/time.js';
import { JsonReader } from '../json/json-reader.js';
import { type JsonSlice, readSlice, stringOf } from '../json/json-text.js';

/** No clock has more digits, and megabytes of them would take long to round exactly. */
const LONGEST_EXACT = 40;

/** A point as it was posted: its structure is checked, its event type and value are not. */
export interface PostedPoint {
  readonly metadataKey: string;
  readonly eventType: string;
  readonly micros: number;
  readonly value: JsonSlice;
  /** Names the value in messages. */
  readonly where: string;
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
  const micros = parseTime(ts, 'ts');
  if (!value) throw new Invalid('val: missing');
  return { metadataKey, eventType, micros, value, where: 'val' };
}

/**
 * The body of a bulk PUT, `{"data": [{"ts": …, "val": [{"event-type": …, "val": …}, …]}, …]}`, in its order.
 * @param metadataKey the metadata that all points belong to; `undefined` where each item of `data` names its own as
 * `metadata-key`.
 * Throws `Invalid`, naming the member and its 1-based position.
 */
export function parseBulk(body: Buffer | undefined, metadataKey?: string): PostedPoint[] {
  const reader = JsonReader.ofBody(body ?? Buffer.alloc(0));
  let points: PostedPoint[] | undefined;
  enterObject(reader, 'the body');
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
    if (key === 'data') points = readItems(reader, metadataKey);
    else reader.skip();
  reader.finish();
  if (!points) throw new Invalid('data: missing');
  return points;
}

function readItems(reader: JsonReader, metadataKey: string | undefined): PostedPoint[] {
  const points: PostedPoint[] = [];
  enterArray(reader, 'data');
  for (let item = 1; reader.nextItem(); item++) readItem(reader, `data item ${item}`, metadataKey, points);
  return points;
}

/** Members come in any order: what belongs to all values of the item is filled in at its end. */
function readItem(reader: JsonReader, item: string, ofRequest: string | undefined, points: PostedPoint[]): void {
  let ts: JsonSlice | undefined;
  let ownKey: JsonSlice | undefined;
  let values: ItemValue[] | undefined;
  enterObject(reader, item);
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
    if (key === 'ts') ts = readSlice(reader);
    else if (key === 'val') values = readValues(reader, item);
    else if (key === 'metadata-key') ownKey = readSlice(reader);
    else reader.skip();
  const micros = parseTime(ts, `${item}, ts`);
  if (!values) throw new Invalid(`${item}, val: missing`);
  const metadataKey = ofRequest ?? textOf(ownKey, `${item}, metadata-key`);
  for (const [index, value] of values.entries())
    points.push({ ...value, metadataKey, micros, where: `${item}, val ${index + 1}, val` });
}

type ItemValue = Pick<PostedPoint, 'eventType' | 'value'>;

function readValues(reader: JsonReader, item: string): ItemValue[] {
  const values: ItemValue[] = [];
  enterArray(reader, `${item}, val`);
  for (let position = 1; reader.nextItem(); position++) {
    const where = `${item}, val ${position}`;
    let eventType: JsonSlice | undefined;
    let value: JsonSlice | undefined;
    enterObject(reader, where);
    for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
      if (key === 'event-type') eventType = readSlice(reader);
      else if (key === 'val') value = readSlice(reader);
      else reader.skip();
    if (!value) throw new Invalid(`${where}, val: missing`);
    values.push({ eventType: textOf(eventType, `${where}, event-type`), value });
  }
  return values;
}

/** Seconds as a JSON number (a fraction is kept to the microsecond), or as integer text with blanks around it. */
function parseTime(slice: JsonSlice | undefined, where: string): number {
  if (!slice) throw new Invalid(`${where}: missing`);
  const text = slice.kind === 'string' ? stringOf(slice) : slice.text;
  const isTime = slice.kind === 'number' || (slice.kind === 'string' && /^\s*[+-]?\d+\s*$/.test(text));
  if (!isTime) throw new Invalid(`${where}: expected seconds since 1970, got ${slice.text.slice(0, 60)}`);
  const seconds = Number(text);
  if (!inStorableYears(seconds))
    throw new Invalid(
      `${where}: ${text.trim()} is outside the years 1 to 9999 (${FIRST_SECOND} to ${LAST_SECOND} seconds since 1970); ` +
        'is it in milliseconds?',
    );
  const isExact = Number.isInteger(seconds) || text.length > LONGEST_EXACT;
  return isExact ? Math.round(seconds * MICROS_PER_SECOND) : roundToMicros(text);
}

/** Rounds on the decimal text, half away from 0: the double is off by up to 0.12 µs. */
function roundToMicros(text: string): number {
  const { digits, scale } = parseDecimal(text.toLowerCase());
  const unit = 10n ** BigInt(scale);
  const half = digits < 0n ? -unit / 2n : unit / 2n;
  return Number((digits * BigInt(MICROS_PER_SECOND) + half) / unit);
}

function textOf(slice: JsonSlice | undefined, where: string): string {
  if (slice?.kind !== 'string') throw new Invalid(`${where}: expected a text, got ${slice?.kind ?? 'nothing'}`);
  return stringOf(slice);
}

function enterObject(reader: JsonReader, where: string): void {
  const found = reader.kind();
  if (found !== 'object') throw new Invalid(`${where}: expected an object, got ${found}`);
  reader.beginObject();
}

function enterArray(reader: JsonReader, where: string): void {
  const found = reader.kind();
  if (found !== 'array') throw new Invalid(`${where}: expected an array, got ${found}`);
  reader.beginArray();
}
