import { canonicalAddress } from '../common/address.js';
import { Invalid } from '../common/errors.js';
import { isSourceName } from '../common/source-name.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { JsonReader } from '../json/json-reader.js';
import { compact, type JsonSlice, readMembers, stringOf } from '../json/json-text.js';
import { type NewMetadata } from '../storage/registry/metadata-store.js';
import { SENSOR } from '../storage/registry/subject-store.js';
import { identityOf } from './identity.js';
import { newSensor, problemOfSensorId } from './new-sensor.js';
import { parseEventTypes } from './parse-event-types.js';

/** The longest name of a parameter, and the longest text of a subject field, in characters. */
export const MAX_TEXT = 128;

export const SUBJECT_TYPES: readonly string[] = ['point-to-point', 'network-element'];

/** Subject fields that only a point-to-point metadata has. */
const PAIR_FIELDS = ['destination', 'input-destination'];

/** Who measured between whom, by which tool. */
const SUBJECT_FIELDS = [
  ...['source', 'destination', 'measurement-agent', 'tool-name'],
  ...['input-source', 'input-destination'],
];

/** The fields of a metadata that a POST may set. */
const FIELDS = new Set(['event-types', 'subject-type', 'metadata-key', ...SUBJECT_FIELDS]);

/** Names that no parameter may have, since answers use them for something else. */
const RESERVED = new Set([
  ...FIELDS,
  ...['url', 'uri', 'metadata-count-total', 'metadata-previous-page', 'metadata-next-page'],
]);

/** A metadata of a subject type that a POST may have, with all the fields that are required of it. */
export interface PostedMetadata extends NewMetadata {
  readonly source: string;
  readonly measurementAgent: string;
  readonly toolName: string;
  readonly inputSource: string;
}

/** The body of a metadata POST, of a sensor or any other, checked and made canonical. Throws `Invalid`, naming the field. */
export function parseRegistration(body: Buffer, dataTypeOf: DataTypeOf): NewMetadata {
  const members = readBody(body);
  const type = members.get('subject-type');
  const isSensor = type?.kind === 'string' && stringOf(type) === SENSOR;
  return isSensor ? sensorOf(members, dataTypeOf) : metadataOf(members, dataTypeOf, [...SUBJECT_TYPES, SENSOR]);
}

/** The body of a metadata POST of one of `SUBJECT_TYPES`. Throws `Invalid`, naming the field. */
export function parseMetadata(body: Buffer, dataTypeOf: DataTypeOf): PostedMetadata {
  return metadataOf(readBody(body), dataTypeOf, SUBJECT_TYPES);
}

function readBody(body: Buffer): Members {
  const reader = JsonReader.ofBody(body);
  const members = readMembers(reader);
  reader.finish();
  if (members.has('metadata-key')) throw new Invalid('metadata-key: the archive chooses it, leave it out');
  return members;
}

function sensorOf(members: Members, dataTypeOf: DataTypeOf): NewMetadata {
  for (const name of SUBJECT_FIELDS) if (members.has(name)) throw new Invalid(`${name}: a ${SENSOR} has no such field`);
  const { sensor = '', ...labels } = parametersOf(members);
  const problem = problemOfSensorId(sensor);
  if (problem !== undefined) throw new Invalid(`sensor: ${problem}`);
  const eventTypes = parseEventTypes(members.get('event-types'), dataTypeOf);
  return { ...newSensor(sensor, eventTypes, labels), replacesParameters: true };
}

function metadataOf(members: Members, dataTypeOf: DataTypeOf, types: readonly string[]): PostedMetadata {
  const subjectType = subjectTypeOf(members, types);
  const isPair = subjectType === 'point-to-point';
  for (const name of PAIR_FIELDS)
    if (!isPair && members.has(name)) throw new Invalid(`${name}: a ${subjectType} has no such field`);
  const fields = {
    subjectType,
    source: isPair ? addressOf(members, 'source') : sourceOf(members),
    destination: isPair ? addressOf(members, 'destination') : null,
    measurementAgent: addressOf(members, 'measurement-agent'),
    toolName: textOf(members, 'tool-name'),
    inputSource: textOf(members, 'input-source'),
    inputDestination: isPair ? textOf(members, 'input-destination') : null,
    parameters: parametersOf(members),
  };
  return {
    ...fields,
    identity: identityOf(fields),
    eventTypes: parseEventTypes(members.get('event-types'), dataTypeOf),
  };
}

type Members = ReadonlyMap<string, JsonSlice>;

/** @param types those that the body might have had, for the message. */
function subjectTypeOf(members: Members, types: readonly string[]): string {
  const slice = members.get('subject-type');
  const text = slice?.kind === 'string' ? stringOf(slice) : undefined;
  if (text === undefined || !SUBJECT_TYPES.includes(text))
    throw new Invalid(`subject-type: expected ${types.join(' or ')}, got ${slice?.text ?? 'nothing'}`);
  return text;
}

function addressOf(members: Members, name: string): string {
  const slice = members.get(name);
  const address = slice?.kind === 'string' ? canonicalAddress(stringOf(slice)) : undefined;
  if (address === undefined) throw new Invalid(`${name}: expected an IP address, got ${slice?.text ?? 'nothing'}`);
  return address;
}

/** The source of a network element: an address, or else any text that does not look like one. */
function sourceOf(members: Members): string {
  const slice = members.get('source');
  const text = slice?.kind === 'string' ? stringOf(slice) : '';
  if (isSourceName(text)) return text;
  const address = canonicalAddress(text);
  if (address === undefined)
    throw new Invalid(
      `source: expected an IP address, or a name of up to ${MAX_TEXT} characters, got ${slice?.text ?? 'nothing'}`,
    );
  return address;
}

/** A text field of the subject: absent means empty. */
function textOf(members: Members, name: string): string {
  const slice = members.get(name);
  if (!slice) return '';
  const text = slice.kind === 'object' || slice.kind === 'array' ? undefined : parameterText(slice);
  if (text === undefined) throw new Invalid(`${name}: expected a text, got ${slice.kind}`);
  if (isLong(text)) throw new Invalid(`${name}: longer than ${MAX_TEXT} characters`);
  return text;
}

/** The free-form parameters: every member that is no field of the object. */
function parametersOf(members: Members): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const [posted, slice] of members) {
    // A fetched metadata may be posted again, with its `uri`.
    if (FIELDS.has(posted) || posted === 'uri') continue;
    const name = posted.replaceAll('_', '-');
    const text = parameterText(slice);
    if (RESERVED.has(name)) throw new Invalid(`${posted}: the name ${name} is taken`);
    if (isLong(name)) throw new Invalid(`${name.slice(0, 40)}…: a name longer than ${MAX_TEXT} characters`);
    if (parameters.has(name)) throw new Invalid(`${posted}: another parameter is called ${name}, too`);
    if (text !== undefined) parameters.set(name, text);
  }
  return Object.fromEntries(parameters);
}

/** The stored text of a parameter: numbers as their source text, booleans as Python writes them; `undefined` for null. */
function parameterText(slice: JsonSlice): string | undefined {
  switch (slice.kind) {
    case 'string':
      return stringOf(slice);
    case 'boolean':
      return slice.text === 'true' ? 'True' : 'False';
    case 'null':
      return undefined;
    default:
      return compact(slice.text);
  }
}

/** Characters are counted as PostgreSQL and Python count them: code points. */
function isLong(text: string): boolean {
  return text.length > MAX_TEXT && Array.from(text).length > MAX_TEXT;
}
