import { type Readable } from 'node:stream';
import { BadPart, Invalid } from '../common/errors.js';
import { inStorableYears, MICROS_PER_SECOND } from '../common/time.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { type DataTypeName, DATA_TYPES } from '../event-types/data-types.js';
import { type JsonSlice, parseSlice } from '../json/json-text.js';
import { type FileLine, lineOr } from './file-line.js';
import { type FieldValue, parseProtocolLine } from './line-protocol.js';
import { type Mapping } from './mapping.js';
import { type TextLine, utf8Lines } from './utf8-lines.js';

/** Units of time, in nanoseconds. */
export const PRECISIONS = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n } as const;

/** The unit of the times of a file. */
export type Precision = keyof typeof PRECISIONS;

/** The names of the units, each with the number of it that is a time in 1973: measurements are later. */
const UNITS = [
  ['nanoseconds', 'ns', 10n ** 17n],
  ['microseconds', 'us', 10n ** 14n],
  ['milliseconds', 'ms', 10n ** 11n],
  ['seconds', 's', 10n ** 8n],
] as const;

/**
 * The points of a stream in InfluxDB's line protocol. Tags become fields of the metadata, and fields become values of
 * event types, by the mapping or by their names. The measurement becomes the tool name unless the mapping says
 * otherwise; the agent is the source unless a tag names one.
 * @param precision the unit of the times. Without it they are nanoseconds, and lines with times before 1973 are bad:
 * those are probably in another unit.
 */
export async function* influxLines(
  input: Readable,
  mapping: Mapping,
  precision: Precision | undefined,
  dataTypeOf: DataTypeOf,
): AsyncGenerator<FileLine, void, undefined> {
  for await (const found of utf8Lines(input)) {
    if (found.kind === 'bad') yield found;
    else if (!found.text.trimStart().startsWith('#'))
      yield* lineOr(found.line, () => linesOf(found, mapping, precision, dataTypeOf));
  }
}

function linesOf(
  { line, text }: TextLine,
  mapping: Mapping,
  precision: Precision | undefined,
  dataTypeOf: DataTypeOf,
): FileLine[] {
  const { measurement, tags, fields: values, time } = parseProtocolLine(text);
  if (time === undefined) throw new Invalid('there is no time');
  const micros = microsOf(BigInt(time), precision);
  const fields = metadataOf(new Map([['measurement', measurement], ...tags]), mapping);
  return [...values].map(([name, value]): FileLine => {
    const eventType = eventTypeOf(measurement, name, mapping);
    const dataType = dataTypeOf(eventType);
    if (dataType === undefined)
      return { kind: 'left out', reason: `field ${name} of ${measurement}: no event type is named for it` };
    return { kind: 'record', line, fields, eventType, micros, value: valueOf(value, dataType, name) };
  });
}

function microsOf(time: bigint, precision: Precision | undefined): number {
  if (precision === undefined) checkIsNanoseconds(time);
  const micros = Number((time * PRECISIONS[precision ?? 'ns']) / 1000n);
  if (inStorableYears(micros / MICROS_PER_SECOND)) return micros;
  throw new Invalid(`the time ${time} is outside the years 1 to 9999; is the precision ${precision ?? 'ns'}?`);
}

/** Throws `Invalid` for a time that would be close to 1970: it is probably in another unit. */
function checkIsNanoseconds(time: bigint): void {
  const size = time < 0n ? -time : time;
  const unit = UNITS.find(([, , least]) => size >= least);
  if (unit?.[1] === 'ns') return;
  const [name, option] = unit ?? UNITS[3];
  throw new Invalid(
    `the time ${time} is around 1970 in nanoseconds, is it in ${name}? ` +
      `Say --precision ${option}, or --precision ns where it is right`,
  );
}

function metadataOf(tags: ReadonlyMap<string, string>, { tags: names, set }: Mapping): Map<string, string> {
  const fields = new Map<string, string>();
  const add = (name: string, value: string): void => void fields.set(name.replaceAll('_', '-'), JSON.stringify(value));
  for (const [tag, value] of tags) {
    const name = names.get(tag) ?? (tag === 'measurement' ? 'tool-name' : tag);
    if (name !== '') add(name, value);
  }
  for (const [name, value] of set) add(name, value);
  const source = fields.get('source');
  if (source !== undefined && !fields.has('measurement-agent')) fields.set('measurement-agent', source);
  return fields;
}

function eventTypeOf(measurement: string, field: string, { eventTypes }: Mapping): string {
  const named = eventTypes.get(`${measurement}.${field}`) ?? eventTypes.get(field);
  return named ?? field.replaceAll('_', '-');
}

/** For values other than numbers, texts and booleans, a text holds the JSON. */
function valueOf({ json, text }: FieldValue, dataType: DataTypeName, field: string): JsonSlice {
  const { measure } = DATA_TYPES[dataType];
  const isJson = measure !== 'number' && measure !== 'category';
  if (text === undefined || !isJson) return parseSlice(json);
  try {
    return parseSlice(text);
  } catch (error) {
    throw BadPart.at(field, error);
  }
}
