import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Response } from 'supertest';
import { expect } from 'vitest';
import { ROOT } from './process.js';

type Json = Record<string, unknown>;

/** An operation of the committed document. */
export interface DocumentedOperation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly security?: Json[];
  readonly requestBody?: { content: Record<string, Media> };
  readonly responses: Record<string, { $ref: string } | DocumentedAnswer>;
}

interface DocumentedAnswer {
  readonly headers?: Json;
  readonly content?: Record<string, Media>;
}

interface Media {
  readonly schema: Json;
  readonly example?: unknown;
  readonly examples?: Record<string, { value: unknown }>;
}

/** The committed document. */
export const COMMITTED = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, Omit<DocumentedOperation, 'method' | 'path'>>>;
  components: Record<string, Json>;
};

/** All of its operations. */
export const OPERATIONS: DocumentedOperation[] = Object.entries(COMMITTED.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ ...operation, method, path })),
);

// Without a plug-in ajv knows no formats, and would warn about each.
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(closed(COMMITTED) as Json, 'document');

/** The same document, in which no object has members that are not described: a reader of the document expects none. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const object = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const isShape = object.type === 'object' && 'properties' in object;
  return isShape && !('additionalProperties' in object) ? { ...object, additionalProperties: false } : object;
}

/** What is wrong with a value of a schema of the document; empty where nothing is. */
export function problemsOf(schema: Json, value: unknown): string[] {
  // What refers to other parts is looked up in the document.
  const text = JSON.stringify(closed(schema)).replaceAll('"#/', '"document#/');
  const validate = ajv.compile(JSON.parse(text) as Json);
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

/** What the document says of an operation's answer with a status. */
export function documentedAnswer(
  operation: DocumentedOperation,
  status: number | string,
): DocumentedAnswer | undefined {
  const answer = operation.responses[status];
  return answer && '$ref' in answer ? (resolve(answer.$ref) as DocumentedAnswer) : answer;
}

/** What a reference within the document points to. */
export function resolve(reference: string): unknown {
  return reference
    .split('/')
    .slice(1)
    .reduce<unknown>((node, key) => (node as Json | undefined)?.[key], COMMITTED);
}

/** An answer of the running server must be one that the document has, with a body of its schema. */
export function expectDocumented(operationId: string, response: Response): void {
  const operation = OPERATIONS.find((one) => one.operationId === operationId)!;
  const answer = documentedAnswer(operation, response.status);
  expect(answer, `${operationId} answers ${response.status}`).toBeDefined();
  const type = String(response.headers['content-type']).split(';')[0] ?? '';
  const media = answer?.content?.[type];
  expect(media, `${operationId} answers ${response.status} as ${type}`).toBeDefined();
  const body: unknown = type === 'application/json' ? JSON.parse(response.text) : response.text;
  expect(problemsOf(media!.schema, body), response.text).toEqual([]);
  for (const name of ['location', 'link', 'retry-after', 'allow', 'www-authenticate', 'x-request-id'])
    if (name in response.headers && !(name === 'allow' && response.status >= 300))
      expect(Object.keys(answer?.headers ?? {}).map((one) => one.toLowerCase())).toContain(name);
}
