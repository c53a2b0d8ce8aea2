import { ApiSchema, type OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;
type Component<Kind extends keyof Components> = Exclude<NonNullable<Components[Kind]>[string], { $ref: string }>;

/** The parts of the OpenAPI document. */
export type Schema = Component<'schemas'>;
export type Parameter = Component<'parameters'>;
export type Answer = Component<'responses'>;
export type Header = Component<'headers'>;

/** The mark of a part that has a name. */
export const NAME = 'x-component';

/**
 * Names a part: the document has it once, under its components, and refers to it wherever it is used.
 */
export function named<Part extends Schema | Parameter | Answer | Header>(name: string, part: Part): Part {
  return { [NAME]: name, ...part };
}

/**
 * Describes a JSON object on the wire by a class, each field by an `@ApiProperty`.
 * @param name the name of the schema in the document and of the type in generated clients.
 * @param more further keywords of the schema.
 */
export function WireShape(name: string, description: string, more: Schema = {}): ClassDecorator {
  return ApiSchema({ name, description, ...more });
}

/** Refers to the schema of a `WireShape`. */
export function shape(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** Values shared by all examples. */
export const EXAMPLE = {
  key: '5f0c7b0e6f9c4a53a2b4c2f5d9a1b3e1',
  ts: 1714557600,
  origin: 'http://archive.example.net:8080',
  apiKey: '3b1f0c9d7a5e4286b0c1d2e3f405162738495a6b',
} as const;
