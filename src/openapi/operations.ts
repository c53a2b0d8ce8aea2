import { type OpenAPIObject } from '@nestjs/swagger';
import { type Answer, type Header, type Parameter } from '../common/api-docs.js';
import { type AppConfig } from '../config/config.js';
import { OPERATION, type OperationDocs } from '../http/operation.js';
import { HEADERS, NOT_MODIFIED, OTHER_REFUSAL, REFUSALS } from '../http/error-responses.js';
import { type RouteRules, RULES } from '../http/route-rules.js';
import { PATH_PARAMETERS } from './path-parameters.js';
import { securityOf } from './security.js';

/** An operation from Nest's scanner, with the metadata of our decorators. */
export type Scanned = NonNullable<OpenAPIObject['paths'][string]['get']> & {
  readonly [OPERATION]?: OperationDocs;
  readonly [RULES]?: RouteRules;
};

/** The methods, in their order in the document. */
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Completes the operations of a path. Throws if a route has no docs. */
export function describePath(
  path: string,
  item: OpenAPIObject['paths'][string],
  config: AppConfig,
): OpenAPIObject['paths'][string] {
  return Object.fromEntries(
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [[method, describeOperation(path, operation, config)]] : [];
    }),
  );
}

function describeOperation(
  path: string,
  scanned: Scanned,
  config: AppConfig,
): NonNullable<OpenAPIObject['paths'][string]['get']> {
  const docs = scanned[OPERATION];
  if (!docs) throw new Error(`the route ${path} has no @Operation`);
  const rules = scanned[RULES] ?? {};
  const parameters = [...pathParameters(path), ...(docs.parameters ?? [])];
  return {
    ...aliasOf(path, docs),
    tags: scanned.tags ?? [],
    ...(parameters.length > 0 && { parameters }),
    ...(docs.body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: docs.body.schema, examples: { ...docs.body.examples } },
          ...docs.body.others,
        },
      },
    }),
    responses: { ...answersOf(docs, rules), default: OTHER_REFUSAL },
    ...(rules.access !== undefined && { security: securityOf(rules.access, config) }),
  };
}

/**
 * The docs of an operation; a URL of points with a window is an old alias, for clients that treat the base like a
 * summary.
 */
function aliasOf(path: string, { id, summary, description }: OperationDocs): object {
  if (!path.endsWith('/base/{window}')) return { operationId: id, summary, description };
  return {
    operationId: `${id}InWindow`,
    summary: `${summary}: alias with a window, which is 0 for the base`,
    description: 'The same as without the window. A read with a window other than 0 is `[]`; a write ignores it.',
    deprecated: true,
  };
}

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const parameter = PATH_PARAMETERS.get(name);
    if (!parameter) throw new Error(`${path}: unknown parameter ${name}`);
    return parameter;
  });
}

/** The answers by status: those of the docs, and those that the rules of the route imply. */
function answersOf(
  { answers }: OperationDocs,
  { access, contentTypeRefusal, tagged }: RouteRules,
): Record<string, Answer> {
  const refusals = [
    ...(access === undefined ? [] : [400, 401, 404, 429, 500, 503]),
    ...(access === undefined || access === 'read' ? [] : [403]),
    ...(contentTypeRefusal === undefined ? [] : [413]),
    ...(contentTypeRefusal === 415 ? [415] : []),
  ] as (keyof typeof REFUSALS)[];
  return {
    ...Object.fromEntries(refusals.map((status) => [status, REFUSALS[status]])),
    ...Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [
        status,
        Number(status) < 300
          ? withHeaders(answer, { Allow: HEADERS.allow, ...(tagged && { ETag: HEADERS.etag }) })
          : answer,
      ]),
    ),
    ...(tagged && { 304: NOT_MODIFIED }),
  };
}

function withHeaders(answer: Answer, headers: Record<string, Header>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
