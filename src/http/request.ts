import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { NotFound } from '../common/errors.js';
import { type Query } from '../common/time-range.js';

/** Where a request came in: what absolute URLs in its answer begin with. */
export interface RequestAddress {
  /** Scheme and host, such as `http://archive.example.net:8080`; of a trusted proxy, what it says. */
  readonly origin: string;
  /** The path of the request, without its query. */
  readonly path: string;
}

/** The formats that every resource answers to; all of them are JSON. */
const JSON_FORMATS = ['json', 'api'];

/**
 * The query string: of a repeated parameter the last. Throws `NotFound` on a `format` that the resource does not have.
 */
export const WireQuery = createParamDecorator((formats: readonly string[] | undefined, context: ExecutionContext) => {
  const [, search = ''] = splitUrl(requestOf(context));
  return parseQuery(search, formats ?? []);
});

/** The address of the request. */
export const Address = createParamDecorator((_: undefined, context: ExecutionContext): RequestAddress => {
  const request = requestOf(context);
  return { origin: `${request.protocol}://${request.host}`, path: splitUrl(request)[0] };
});

function parseQuery(search: string, formats: readonly string[]): Query {
  const query = Object.fromEntries(new URLSearchParams(search)) as Query;
  const { format } = query;
  if (format !== undefined && !JSON_FORMATS.includes(format) && !formats.includes(format))
    throw new NotFound(`format: there is no format ${JSON.stringify(format)} here`);
  return query;
}

function splitUrl(request: FastifyRequest): [path: string, search?: string] {
  const at = request.url.indexOf('?');
  return at < 0 ? [request.url] : [request.url.slice(0, at), request.url.slice(at + 1)];
}

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}
