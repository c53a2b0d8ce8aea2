import { createHash } from 'node:crypto';
import { type Caller } from '../auth/caller.js';
import { Invalid } from '../common/errors.js';
import { parseSlice } from '../json/json-text.js';
import { MAX_CONFIGS_BYTES, MAX_JOB_BYTES, Meta } from '../sessions/meta.js';
import { isTime } from '../sessions/micros.js';
import { MAX_NAME } from '../sessions/session.dto.js';
import { membersIn, scalarOf } from './json-fields.js';

/** A session that a client wants. */
export interface NewJob {
  /** `undefined` where it says nothing of it. */
  readonly name: string | undefined;
  readonly operator: string | undefined;
  /** In micros. */
  readonly testStart: number;
  readonly meta: Meta;
  /** Whether its configuration files are too large to be kept. */
  readonly lacksConfigs: boolean;
}

/**
 * The session that a form asks for; fields without a meaning here become members of its meta. Throws `Invalid`, naming the
 * field.
 * @param userAgent what the client says of itself.
 */
export function newJobOf(form: ReadonlyMap<string, string>, userAgent: string | undefined): NewJob {
  const { test_start, name, operator, configs, ...others } = Object.fromEntries(form);
  const configsJson = configs === undefined ? undefined : jsonOf(configs);
  const lacksConfigs = Buffer.byteLength(configsJson ?? '') > MAX_CONFIGS_BYTES;
  const members = {
    ...textMembers(Object.entries(others)),
    ...(userAgent !== undefined && { uploader: JSON.stringify(userAgent) }),
    ...(configsJson !== undefined && !lacksConfigs && { configs: configsJson }),
  };
  return {
    ...{ name: nameOf(name), operator: nameOf(operator) },
    ...{ testStart: testStartOf(test_start), meta: metaOf(members, MAX_JOB_BYTES), lacksConfigs },
  };
}

/** What a body changes of a job: its name, where it is there, and its meta. Throws `Invalid`, naming the field. */
export function jobChangesOf(body: Buffer | undefined): Pick<NewJob, 'name' | 'meta'> {
  const { name, ...others } = Object.fromEntries(membersIn(body));
  const members = Object.fromEntries(Object.entries(others).map(([member, { text }]) => [member, text]));
  return { name: nameOf(scalarOf('name', name)), meta: metaOf(members, MAX_JOB_BYTES) };
}

/** What a form changes of a metric: its name, where it is there, and its meta, in which all are texts. Throws `Invalid`. */
export function metricChangesOf(form: ReadonlyMap<string, string>): Pick<NewJob, 'name' | 'meta'> {
  return { name: nameOf(form.get('name')), meta: metaOf(textMembers(form)) };
}

/** A name of no more than its greatest length. */
function nameOf(text: string | undefined): string | undefined {
  return text?.slice(0, MAX_NAME);
}

/** The stem of the id of a job: the same one for the same user, form and address, so that a request may come again. */
export function jobStem({ username, address }: Caller, form: ReadonlyMap<string, string>): string {
  const parts = [username, address, form.get('test_start'), form.get('configs')];
  return `job_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
}

function testStartOf(text: string | undefined): number {
  const micros = /^-?\d+$/.test(text ?? '') ? Number(text) : NaN;
  if (isTime(micros)) return micros;
  throw new Invalid(`test_start: expected microseconds since 1970, got ${JSON.stringify(text ?? '')}`);
}

/** What is no JSON is a text. */
function jsonOf(text: string): string {
  try {
    return parseSlice(text).text;
  } catch (error) {
    if (error instanceof Invalid) return JSON.stringify(text);
    throw error;
  }
}

function textMembers(texts: Iterable<readonly [member: string, text: string]>): Record<string, string> {
  return Object.fromEntries([...texts].map(([member, text]) => [member, JSON.stringify(text)]));
}

/** @param members JSON by name. */
function metaOf(members: Readonly<Record<string, string>>, most?: number): Meta {
  const text = Object.entries(members).map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  return Meta.parse({ kind: 'object', text: `{${text.join(',')}}` }, most);
}
