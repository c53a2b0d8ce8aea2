import { applyDecorators } from '@nestjs/common';
import { ApiExtension, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Answer, type Parameter, type Schema } from '../common/api-docs.js';

/** The groups of operations, in their order in the reference. */
export const TAGS = {
  metadata: 'Who measured what between whom: registering, searching and reading metadata.',
  points: 'The measured values: storing and reading them.',
  types: 'What can be measured: built-in event types, and those that an admin declares.',
  summaries: 'One value for each window of time, updated as points arrive.',
  sessions: 'Data sessions, such as load tests: streams of points with row numbers, and their summaries.',
  databases: 'Databases of the line protocol, and the fields of their measurements.',
  sensors: 'What sensors measure, as they send it: a JSON object with a member for each measured value.',
  annotations: "Texts on the time axis, in the shapes of Grafana's API for annotations.",
  rules: 'Rules on the values of series, and the events that they open.',
  deletion: 'Deleting metadata, event types and points, with their summaries.',
  server: 'The location of the archive, and the health and metrics of the server.',
} as const;

/** A body, in JSON at least. */
export interface BodyDocs {
  readonly description?: string;
  readonly schema: Schema | { $ref: string };
  readonly examples: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
  /** The same in other media types, see the rule `bodyTypes`. */
  readonly others?: Readonly<Record<string, { readonly schema: Schema; readonly example?: string }>>;
}

/** The reference of a route, beside what its path and its rules tell. */
export interface OperationDocs {
  /** Its name in generated clients. */
  readonly id: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description: string;
  /** The parameters beside those of the path. */
  readonly parameters?: readonly Parameter[];
  readonly body?: BodyDocs;
  /** By status; what every route of its kind may answer need not be repeated. */
  readonly answers: Readonly<Record<number, Answer>>;
}

/** Where the document's builder finds the docs of a route. */
export const OPERATION = 'x-operation';

/** Describes a route in the API's reference. */
export function Operation(docs: OperationDocs): MethodDecorator {
  const { id, tag, summary, description } = docs;
  return applyDecorators(
    ApiOperation({ operationId: id, summary, description }),
    ApiTags(tag),
    ApiExtension(OPERATION, docs),
  );
}

/** An answer in JSON. */
export function jsonAnswer(
  description: string,
  schema: Schema | { $ref: string },
  example: unknown,
  headers: Answer['headers'] = {},
): Answer {
  return { description, headers, content: { 'application/json': { schema, example } } };
}
