import { Readable } from 'node:stream';
import { OperatorError } from '../common/errors.js';
import { momentOf } from '../common/moment.js';
import { EVENT_TYPES } from '../event-types/catalogue.js';
import { ndjsonLines } from '../import/ndjson-lines.js';
import { parameter } from './arguments.js';
import { KEY } from './filters.js';
import { checked } from './mistakes.js';
import { nearest } from './nearest.js';
import { writeOverHttp, type WriteOptions } from './write-over-http.js';

/** The options of `marigram put`. */
export interface PutOptions extends WriteOptions {
  /** Seconds since 1970, as on the wire. */
  readonly ts?: string;
}

/** Writes one point, with its metadata where that is named by its fields. Throws as `writeOverHttp` does. */
export async function put(env: NodeJS.ProcessEnv, words: readonly string[], options: PutOptions): Promise<void> {
  const [eventType, value, ...more] = words.slice(-2);
  if (eventType === undefined || value === undefined || more.length > 0 || words.length < 3)
    throw new OperatorError(
      'Expected KEY EVENT-TYPE VALUE, or FIELD=VALUE… EVENT-TYPE VALUE: see "marigram put --help".',
    );
  const isBuiltIn = EVENT_TYPES.some((name) => name === eventType);
  const meant = isBuiltIn ? undefined : nearest(eventType, EVENT_TYPES);
  if (meant !== undefined) throw new OperatorError(`There is no event type ${eventType}: did you mean ${meant}?`);
  const ts = options.ts ?? momentOf('now', Date.now()) ?? '';
  const members = [...metadataOf(words.slice(0, -2)), ['event-type', JSON.stringify(eventType)], ['ts', ts]];
  members.push(['val', isJson(value) ? value : JSON.stringify(value)]);
  const line = `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
  await writeOverHttp(env, { ...options, isBuiltIn, strict: true }, () =>
    ndjsonLines(Readable.from([Buffer.from(line)])),
  );
}

/** The fields of the metadata by their names, as JSON texts. */
function metadataOf(words: readonly string[]): [string, string][] {
  const [first = ''] = words;
  if (words.length === 1 && KEY.test(first)) return [['metadata-key', JSON.stringify(first.toLowerCase())]];
  const fields = words.reduce<[string, string][]>((known, word) => checked(() => parameter(word, known)), []);
  return fields.map(([name, value]) => [name, JSON.stringify(value)]);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
