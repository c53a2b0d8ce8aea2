import { Declared, Field, type FieldValue, Tag, type TagValue } from './declared.js';

/** Values by field or tag. */
abstract class ValueMap<Key extends Declared<Value>, Value> implements Iterable<[name: string, value: Value]> {
  private readonly values = new Map<string, Value>();

  protected constructor(
    private readonly keyClass: abstract new (...args: never[]) => Key,
    values: Iterable<readonly [name: string, value: Value]>,
  ) {
    for (const [name, value] of values) this.values.set(name, value);
  }

  /** Sets a value; returns this. Throws a `TypeError` for a key that is not of this map. */
  add(key: Key, value: Value): this {
    if (!(key instanceof this.keyClass)) {
      const what: unknown = key;
      const given = what instanceof Declared ? `the ${what.constructor.name} "${what.name}"` : String(what);
      throw new TypeError(`a ${this.constructor.name} has values of ${this.keyClass.name}s, not of ${given}`);
    }
    this.values.set(key.name, value);
    return this;
  }

  get(key: Key): Value | undefined {
    return this.values.get(key.name);
  }

  has(key: Key): boolean {
    return this.values.has(key.name);
  }

  /** A map of the same class, which changes on its own. */
  abstract copy(): ValueMap<Key, Value>;

  [Symbol.iterator](): Iterator<[name: string, value: Value]> {
    return this.values.entries();
  }
}

/** Values of fields. */
export class FieldMap extends ValueMap<Field, FieldValue> {
  private constructor(values: Iterable<readonly [string, FieldValue]> = []) {
    super(Field, values);
  }

  /** Throws a `TypeError` for a key that is no `Field`. */
  static build(field: Field, value: FieldValue): FieldMap {
    return new FieldMap().add(field, value);
  }

  override copy(): FieldMap {
    return new FieldMap(this);
  }
}

/** Values of tags. */
export class TagMap extends ValueMap<Tag, TagValue> {
  private constructor(values: Iterable<readonly [string, TagValue]> = []) {
    super(Tag, values);
  }

  /** Throws a `TypeError` for a key that is no `Tag`. */
  static build(tag: Tag, value: TagValue): TagMap {
    return new TagMap().add(tag, value);
  }

  override copy(): TagMap {
    return new TagMap(this);
  }
}
