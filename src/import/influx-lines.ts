import { type Readable } from 'node:stream';
import { BadPart, Invalid } from '../common/errors.js';
import { inStorableYears, MICROS_PER_SECOND } from '../common/time.js';
import { dataTypeOf } from '../event-types/catalogue.js';
import { DATA_TYPES } from '../event-types/data-types.js';
import { type JsonSlice, parseSlice } from '../json/json-text.js';
import { type FileLine, lineOr } from './file-line.js';
import { type FieldValue, parseProtocolLine } from './line-protocol.js';
import { type Mapping } from './mapping.js';
import { numbered } from './ndjson-lines.js';

/** How long a unit of time is, in nanoseconds. */
export const PRECISIONS = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n } as const;

/** The unit of the times of a file. */
export type Precision = keyof typeof PRECISIONS;

/**
 * The points of a stream in InfluxDB's line protocol: tags become fields of the metadata, fields become values of event
 * types, both as the mapping says. The measurement is the tool unless the mapping says otherwise, and the agent is the
 * source unless there is another.
 */
export async function* influxLines(
  input: Readable,
  mapping: Mapping,
  precision: Precision,
): AsyncGenerator<FileLine, void, undefined> {
  for await (const { line, text } of numbered(input))
    if (!text.trimStart().startsWith('#')) yield* lineOr(line, () => linesOf(line, text, mapping, precision));
}

function linesOf(line: number, text: string, mapping: Mapping, precision: Precision): FileLine[] {
  const { measurement, tags, fields: values, time } = parseProtocolLine(text);
  if (time === undefined) throw new Invalid('there is no time');
  const micros = Number((BigInt(time) * PRECISIONS[precision]) / 1000n);
  if (!inStorableYears(micros / MICROS_PER_SECOND))
    throw new Invalid(`the time ${time} is outside the years 1 to 9999; is the precision ${precision}?`);
  const fields = metadataOf(new Map([['measurement', measurement], ...tags]), mapping);
  return [...values].map(([name, value]): FileLine => {
    const eventType = eventTypeOf(measurement, name, mapping);
    if (eventType === undefined)
      return { kind: 'left out', reason: `field ${name} of ${measurement}: no event type is named for it` };
    return { kind: 'record', line, fields, eventType, micros, value: valueOf(value, eventType, name) };
  });
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

function eventTypeOf(measurement: string, field: string, { eventTypes }: Mapping): string | undefined {
  const named = eventTypes.get(`${measurement}.${field}`) ?? eventTypes.get(field);
  const name = named ?? field.replaceAll('_', '-');
  return dataTypeOf(name) === undefined ? undefined : name;
}

/** Texts hold the JSON of values that are neither numbers nor booleans. */
function valueOf({ json, text }: FieldValue, eventType: string, field: string): JsonSlice {
  const dataType = dataTypeOf(eventType);
  const isDocument = dataType !== undefined && !(DATA_TYPES[dataType].additive && dataType !== 'percentage');
  if (text === undefined || !isDocument) return parseSlice(json);
  try {
    return parseSlice(text);
  } catch (error) {
    throw BadPart.at(field, error);
  }
}
