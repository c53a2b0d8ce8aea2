/** The value of a field. A `bigint` is an integer in databases that tell them from other numbers. */
export type FieldValue = number | bigint | string | boolean;

/** The value of a tag; it is kept as text. */
export type TagValue = string | number | boolean;

/** The type of a field in a database. */
export type FieldType = 'float' | 'integer' | 'string' | 'boolean';

/** How a field or tag is declared. */
export interface DeclaredOptions<Value> {
  /** The value of records that give none. */
  readonly default?: Value | undefined;
  /** Makes the value of records that give none, before `default` does; called for each record. */
  readonly func?: ((...args: never[]) => Value) | undefined;
  /** What `func` is called with. */
  readonly args?: readonly unknown[] | undefined;
  readonly desc?: string | undefined;
}

/** How a field is declared. */
export interface FieldOptions extends DeclaredOptions<FieldValue> {
  readonly unit?: string | undefined;
  /** Numbers are floats unless declared otherwise. */
  readonly type?: FieldType | undefined;
}

/** A part of measurements. It prints as its name; parts of one kind and name are the same. */
export abstract class Declared<Value> {
  readonly desc: string | undefined;

  /** Throws a `TypeError` for an empty name. */
  constructor(
    readonly name: string,
    private readonly options: DeclaredOptions<Value> = {},
  ) {
    if (typeof name !== 'string' || name === '') throw new TypeError('a name must be a text that is not empty');
    this.desc = options.desc;
  }

  toString(): string {
    return this.name;
  }

  /** @internal The value of a record that gives none. */
  ownValue(): Value | undefined {
    const { func, args = [], default: value } = this.options;
    return func ? func(...(args as never[])) : value;
  }
}

/** A field of measurements. */
export class Field extends Declared<FieldValue> {
  readonly unit: string | undefined;
  readonly type: FieldType | undefined;

  /** Throws a `TypeError` for an empty name. */
  constructor(name: string, options: FieldOptions = {}) {
    super(name, options);
    this.unit = options.unit;
    this.type = options.type;
  }
}

/** A tag of measurements. */
export class Tag extends Declared<TagValue> {
  /** A tag is no field, though both have the same members. */
  readonly isTag = true;
}
