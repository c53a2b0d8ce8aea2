import { ApiSchema, type OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;
type Component<Kind extends keyof Components> = Exclude<NonNullable<Components[Kind]>[string], { $ref: string }>;

/** The parts that the OpenAPI document is put together from. */
export type Schema = Component<'schemas'>;
export type Parameter = Component<'parameters'>;
export type Answer = Component<'responses'>;
export type Header = Component<'headers'>;

/** The mark of a part that has a name. */
export const NAME = 'x-component';

/**
 * Gives a part a name: in the document it then stands once, under the components, and is referred to wherever it is
 * used.
 */
export function named<Part extends Schema | Parameter | Answer | Header>(name: string, part: Part): Part {
  return { [NAME]: name, ...part };
}

/**
 * A class that says what a JSON object on the wire looks like, each field by an `@ApiProperty`.
 * @param name what the schema is called in the document, and the type in clients that are generated from it.
 * @param more further keywords of the schema.
 */
export function WireShape(name: string, description: string, more: Schema = {}): ClassDecorator {
  return ApiSchema({ name, description, ...more });
}

/** Refers to the schema of a `WireShape`. */
export function shape(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** The values that stand for the same things in all examples. */
export const EXAMPLE = {
  key: '5f0c7b0e6f9c4a53a2b4c2f5d9a1b3e1',
  ts: 1714557600,
  origin: 'http://archive.example.net:8080',
  apiKey: '3b1f0c9d7a5e4286b0c1d2e3f405162738495a6b',
} as const;
