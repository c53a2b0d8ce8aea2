import { Invalid } from '../common/errors.js';
import { JsonReader } from '../json/json-reader.js';
import { compact, type JsonSlice, membersOf } from '../json/json-text.js';

/** The largest meta, in bytes of JSON. */
export const MAX_BYTES = 64 * 1024;

/** The largest configuration files of a load generator that are kept in the meta of its session, together, in bytes. */
export const MAX_CONFIGS_BYTES = 1024 * 1024;

/** The largest meta of a session with configuration files. Only the Luna door makes one of more than `MAX_BYTES`. */
export const MAX_JOB_BYTES = MAX_BYTES + MAX_CONFIGS_BYTES;

/** How deep it may be nested; itself is the first level. */
const MAX_DEPTH = 8;

/** PostgreSQL bounds numbers; this is more than any has that was measured. Above the doubles they are bad JSON already. */
const MAX_NUMBER_CHARACTERS = 500;
const TINY = /e-\d{4}/i;

/**
 * The free-form facts of a session, a stream or an annotation: a JSON object, kept as text, since `JSON.parse` would
 * change numbers.
 */
export class Meta {
  static readonly EMPTY = new Meta(new Map(), 'meta');

  private constructor(
    readonly members: ReadonlyMap<string, JsonSlice>,
    /** What it is called on the wire. */
    private readonly name: string,
  ) {}

  /**
   * The meta in a body. Throws `Invalid` where it is no object, too large or too deep.
   * @param most how large it may be, in bytes.
   * @param name what it is called on the wire.
   */
  static parse({ kind, text }: JsonSlice, most = MAX_BYTES, name = 'meta'): Meta {
    if (kind !== 'object') throw new Invalid(`${name}: expected an object, got ${kind}`);
    checkValue(new JsonReader(text), 1, name);
    return Meta.of(membersOf(text), most, name);
  }

  /** The meta that is stored. */
  static stored(text: string, name = 'meta'): Meta {
    return new Meta(membersOf(text), name);
  }

  private static of(members: ReadonlyMap<string, JsonSlice>, most: number, name: string): Meta {
    const meta = new Meta(members, name);
    if (Buffer.byteLength(meta.text) > most) throw new Invalid(`${name}: more than ${most / 1024} KiB of JSON`);
    return meta;
  }

  /** Its compact JSON. */
  get text(): string {
    return `{${[...this.members].map(([name, { text }]) => `${JSON.stringify(name)}:${compact(text)}`).join(',')}}`;
  }

  /**
   * This meta with the members of `changes` in place of its own; `null` removes one. Throws `Invalid` as `parse` does.
   * @param most how large it may become; one that has configuration files already may have them in any case.
   */
  merge(changes: Meta, most = Buffer.byteLength(this.text) > MAX_BYTES ? MAX_JOB_BYTES : MAX_BYTES): Meta {
    const members = new Map(this.members);
    for (const [name, value] of changes.members)
      if (value.kind === 'null') members.delete(name);
      else members.set(name, value);
    return Meta.of(members, most, this.name);
  }
}

/** Checks the next value, and that PostgreSQL takes its texts and numbers. */
function checkValue(reader: JsonReader, depth: number, name: string): void {
  const kind = reader.kind();
  if ((kind === 'object' || kind === 'array') && depth > MAX_DEPTH)
    throw new Invalid(`${name}: nested deeper than ${MAX_DEPTH} levels`);
  if (kind === 'object') {
    reader.beginObject();
    while (reader.nextKey() !== undefined) checkValue(reader, depth + 1, name);
  } else if (kind === 'array') {
    reader.beginArray();
    while (reader.nextItem()) checkValue(reader, depth + 1, name);
  } else if (kind === 'string') reader.readString();
  else {
    const begin = reader.skip();
    const text = reader.text(begin, reader.position);
    if (text.length > MAX_NUMBER_CHARACTERS || TINY.test(text)) throw new Invalid(`${name}: a number out of range`);
  }
}
