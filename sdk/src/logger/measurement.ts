import { Field, Tag } from './declared.js';

/** What is said of a measurement beside its fields and tags. */
export interface MeasurementOptions {
  /** Tags that a record may lack. */
  readonly optionalTags?: readonly Tag[] | undefined;
  readonly desc?: string | undefined;
}

/** What is measured: its fields, and the tags that tell its records apart. It prints as its name. */
export class Measurement {
  readonly fields: readonly Field[];
  /** Those that each record must have. */
  readonly tags: readonly Tag[];
  readonly optionalTags: readonly Tag[];
  readonly desc: string | undefined;

  /**
   * @param parts fields and tags in any order, and options at the end if there are any.
   * Throws a `TypeError` for an empty name, anything else among the parts, a part named `time`, and one that is there twice:
   * databases of lines could not keep it.
   */
  constructor(
    readonly name: string,
    ...parts: readonly (Field | Tag)[] | readonly [...(Field | Tag)[], MeasurementOptions]
  ) {
    if (typeof name !== 'string' || name === '') throw new TypeError('a measurement must have a name');
    const last = parts.at(-1);
    const options = isOptions(last) ? last : {};
    const declared: readonly unknown[] = isOptions(last) ? parts.slice(0, -1) : parts;
    for (const part of declared)
      if (!(isField(part) || isTag(part))) throw new TypeError(`${name}: expected fields and tags, got ${typeof part}`);
    this.fields = declared.filter(isField);
    this.tags = declared.filter(isTag);
    this.optionalTags = options.optionalTags ?? [];
    this.desc = options.desc;
    this.check('field', this.fields);
    this.check('tag', [...this.tags, ...this.optionalTags]);
  }

  toString(): string {
    return this.name;
  }

  toJSON(): string {
    return this.name;
  }

  private check(what: 'field' | 'tag', parts: readonly (Field | Tag)[]): void {
    const names = parts.map(({ name }) => name);
    if (names.includes('time')) throw new TypeError(`${this.name}: no ${what} can be called "time"`);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) throw new TypeError(`${this.name}: the ${what} "${twice}" is declared twice`);
  }
}

function isField(part: unknown): part is Field {
  return part instanceof Field;
}

function isTag(part: unknown): part is Tag {
  return part instanceof Tag;
}

function isOptions(part: unknown): part is MeasurementOptions {
  return typeof part === 'object' && part !== null && Object.getPrototypeOf(part) === Object.prototype;
}
