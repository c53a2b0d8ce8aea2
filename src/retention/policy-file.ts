import { readFile } from 'node:fs/promises';
import { IsOptional } from 'class-validator';
import { Invalid, OperatorError } from '../common/errors.js';
import { lengthOf } from '../common/moment.js';
import { IsReadableBy, validated } from '../common/validated.js';
import { builtInDataType, type DataTypeOf } from '../event-types/catalogue.js';
import { SUMMARY_TYPES } from '../rollups/summary-kinds.js';
import { ANNOTATION, ANY, BASE, Policies, type Policy } from './policy.js';

const TYPES = [BASE, ...SUMMARY_TYPES, ANY] as const;

/** The longest window that a summary can have. */
const MAX_WINDOW_SECONDS = 100_000_000_000;

/** More days than this, some ten thousand years, are a mistake. */
const MAX_DAYS = 3_650_000;

const EVENT_TYPE = 'the name of an event type or "*"';

const SECONDS_PER_DAY = 86_400;

/**
 * Reads a policy file, whose event types `dataTypeOf` must know. Throws an `OperatorError` that names the file and the
 * mistake in it.
 */
export async function loadPolicies(file: string, dataTypeOf: DataTypeOf): Promise<Policies> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`The policy file ${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  return parsePolicies(text, file, dataTypeOf);
}

/**
 * Parses policies in esmond's JSON: `{"policies": [{"event_type", "summary_type", "summary_window", "expire"}]}`,
 * numbers as texts or as numbers; with a `database`, which esmond does not know, the event type is a field.
 * @param file for messages.
 */
export function parsePolicies(text: string, file: string, dataTypeOf: DataTypeOf = builtInDataType): Policies {
  const fail = (problem: string): never => {
    throw new OperatorError(`The policy file ${file} is wrong: ${problem}.`);
  };
  const content = parseJson(text, fail);
  const list: unknown = isObject(content) ? content['policies'] : undefined;
  if (!Array.isArray(list)) return fail('expected {"policies": […]}');
  try {
    return new Policies(list.map((entry: unknown, index) => policyOf(entry, `policy ${index + 1}`, dataTypeOf)));
  } catch (error) {
    if (error instanceof Invalid) return fail(error.message);
    throw error;
  }
}

type Fail = (problem: string) => never;

/** One policy as it stands in the file; it may have further fields. */
class PolicyEntry {
  @IsOptional()
  @IsReadableBy(database, 'the name of a database')
  database?: unknown;

  @IsReadableBy(eventType, EVENT_TYPE)
  event_type: unknown;

  @IsReadableBy(summaryType, `one of ${TYPES.join(', ')}`)
  summary_type: unknown;

  @IsReadableBy(window, 'seconds or "*"')
  summary_window: unknown;

  @IsReadableBy(
    expiry,
    `a whole number of days from 0 to ${MAX_DAYS}, a length of whole days such as "90d" or "52w", or "never"`,
  )
  expire: unknown;
}

function policyOf(json: unknown, where: string, dataTypeOf: DataTypeOf): Policy {
  const entry = validated(PolicyEntry, json, where, null);
  const policy = {
    database: database(entry.database),
    eventType: eventType(entry.event_type) ?? ANY,
    summaryType: summaryType(entry.summary_type) ?? ANY,
    window: window(entry.summary_window) ?? ANY,
    expire: expiry(entry.expire) ?? 'never',
  };
  const isKnown =
    policy.database !== undefined ||
    [ANY, ANNOTATION].includes(policy.eventType) ||
    dataTypeOf(policy.eventType) !== undefined;
  if (!isKnown)
    throw new Invalid(`${where}: event_type must be ${EVENT_TYPE}, but it is ${JSON.stringify(policy.eventType)}`);
  return policy;
}

function database(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function eventType(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function summaryType(value: unknown): Policy['summaryType'] | undefined {
  return TYPES.find((type) => type === value);
}

function window(value: unknown): Policy['window'] | undefined {
  return value === ANY ? ANY : integer(value, MAX_WINDOW_SECONDS);
}

function expiry(value: unknown): Policy['expire'] | undefined {
  return value === 'never' ? 'never' : days(value);
}

/** Days are esmond's unit; a length with a unit may be any number of whole days. */
function days(value: unknown): number | undefined {
  if (typeof value !== 'string' || /^\d+$/.test(value)) return integer(value, MAX_DAYS);
  const length = lengthOf(value);
  return length === undefined ? undefined : integer(length / SECONDS_PER_DAY, MAX_DAYS);
}

function integer(value: unknown, maximum: number): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text) <= maximum ? Number(text) : undefined;
}

function parseJson(text: string, fail: Fail): unknown {
  try {
    // Some editors add a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return fail(`it is no JSON (${(error as Error).message})`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
