import { type JsonValue } from '../json-value.js';

/** What is kept of a session or a stream beside its fields: any JSON. */
export type Meta = Readonly<Record<string, JsonValue>>;

/** What may be given as a meta: members that are `undefined` are left out. */
export type MetaInput = Readonly<Record<string, JsonValue | undefined>>;

const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 8;
const MAX_NAME = 1024;

/**
 * A copy of a meta, as JSON keeps it. Throws a `RangeError` for one that the archive would refuse: more than 64 KiB of
 * JSON, or more than 8 levels.
 * @param what is described: for the error.
 */
export function copyOfMeta(what: string, meta: MetaInput): Meta {
  const text = JSON.stringify(meta);
  const copy = JSON.parse(text) as JsonValue;
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy))
    throw new TypeError(`the meta of ${what}: expected an object, got ${text}`);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) throw new RangeError(`the meta of ${what}: at most ${MAX_BYTES} bytes, got ${bytes}`);
  const depth = depthOf(copy);
  if (depth > MAX_DEPTH) throw new RangeError(`the meta of ${what}: at most ${MAX_DEPTH} levels, got ${depth}`);
  return copy;
}

/** The name in a meta. Throws a `TypeError` where it is no text, a `RangeError` for more than 1,024 characters. */
export function nameIn(what: string, { name }: Meta): string | undefined {
  if (name === undefined || name === null) return undefined;
  if (typeof name !== 'string')
    throw new TypeError(`the name of ${what}: expected a text, got ${JSON.stringify(name)}`);
  if (name.length > MAX_NAME) throw new RangeError(`the name of ${what}: at most ${MAX_NAME} characters`);
  return name;
}

function depthOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce((deepest: number, member) => Math.max(deepest, depthOf(member)), 0);
}

/** A meta whose members are merged with changes one by one; null removes one. */
export function withChanges(meta: Meta, changes: Meta): Meta {
  return Object.fromEntries(Object.entries({ ...meta, ...changes }).filter(([name]) => changes[name] !== null));
}
