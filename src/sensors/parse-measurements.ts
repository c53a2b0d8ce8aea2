import { TooLarge } from '../common/errors.js';
import { floatOf } from '../event-types/numbers.js';
import { JsonReader } from '../json/json-reader.js';
import { itemsOf, type JsonSlice, membersOf, readSlice } from '../json/json-text.js';
import { AT, parseAt } from './parse-at.js';
import { type BadMember, BadMembers } from './refusals.js';
import { DEFAULT_TYPE, SENSOR_TYPES } from './sensor-types.js';

/** What a sensor measured at one time. */
export interface Measurement {
  /** The time in micros; `undefined` means that of its arrival. */
  readonly micros: number | undefined;
  /** The numbers by event type, at least one. */
  readonly values: ReadonlyMap<string, JsonSlice>;
}

/** The measurements of a request, in its order. */
export interface Measurements {
  readonly all: readonly Measurement[];
  /** The number of members that mean nothing. */
  readonly ignored: number;
}

const NAMES: ReadonlySet<string> = new Set(SENSOR_TYPES);

/** Members that mean something beside the measured values; the path has the id. */
const OTHERS: ReadonlySet<string> = new Set(['at', 'sensorUuid']);

/**
 * The body of a POST of measurements: an object, or an array of 1 to `most` objects. Throws `BadMembers`, naming each bad
 * member, `Invalid` for what is no JSON, and `TooLarge`.
 */
export function parseMeasurements(body: Buffer | undefined, most: number): Measurements {
  const reader = JsonReader.ofBody(body ?? Buffer.alloc(0));
  const whole = readSlice(reader);
  reader.finish();
  const items = whole.kind === 'array' ? itemsOf(whole.text) : [whole];
  if (items.length > most) throw new TooLarge(`more than ${most} objects in one request (MAX_POINTS)`);
  if (items.length === 0) throw new BadMembers([{ field: 'body', message: 'the array is empty' }]);
  const parser = new Parser(whole.kind === 'array');
  const all = items.map((item, index) => parser.measurement(item, index + 1));
  if (parser.bad.length > 0) throw new BadMembers(parser.bad);
  return { all, ignored: parser.ignored };
}

/** Reads objects, and notes what is wrong with them. */
class Parser {
  readonly bad: BadMember[] = [];
  ignored = 0;

  constructor(private readonly isArray: boolean) {}

  /** @param position from 1. */
  measurement(item: JsonSlice, position: number): Measurement {
    const place = this.isArray ? `[${position}]` : '';
    const refuse = (name: string, message: string): void => {
      this.bad.push({ field: place && name ? `${place}.${name}` : place || name || 'body', message });
    };
    const values = new Map<string, JsonSlice>();
    let micros: number | undefined;
    if (item.kind !== 'object') {
      refuse('', `expected an object, got ${item.kind}`);
      return { micros, values };
    }
    for (const [name, slice] of membersOf(item.text))
      if (NAMES.has(name)) {
        if (floatOf(slice) === undefined) refuse(name, `expected a number, got ${shown(slice)}`);
        values.set(name, slice);
      } else if (name === 'at' && slice.kind !== 'null') {
        micros = parseAt(slice);
        if (micros === undefined) refuse(name, `expected ${AT}, got ${shown(slice)}`);
      } else if (!OTHERS.has(name)) this.ignored++;
    if (values.size === 0) refuse(DEFAULT_TYPE, `missing: at least one is needed of ${SENSOR_TYPES.join(', ')}`);
    return { micros, values };
  }
}

function shown({ text }: JsonSlice): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
