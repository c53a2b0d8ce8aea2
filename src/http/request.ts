import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type Caller } from '../auth/caller.js';
import { NotFound, Unauthorized } from '../common/errors.js';
import { type Query } from '../common/time-range.js';
import { type StepOf } from './steps.js';

/** Where a request came in: what absolute URLs in its answer begin with. */
export interface RequestAddress {
  /** Scheme and host, such as `http://archive.example.net:8080`; of a trusted proxy, what it says. */
  readonly origin: string;
  /** The path of the request, without its query. */
  readonly path: string;
  /** The query parameters of the request, for links to other pages of the same answer. */
  readonly query: Query;
}

/** The formats that every resource answers to; all of them are JSON. */
export const JSON_FORMATS: readonly string[] = ['json', 'api'];

/**
 * A typed query from the query string: `@FromQuery(parsePage) page: Page`. Throws what `parse` throws.
 * @param parse gets the last parameter of each name.
 */
export function FromQuery(parse: (query: Query) => unknown): ParameterDecorator {
  return createParamDecorator((_: undefined, context: ExecutionContext) => parse(queryOf(requestOf(context))))();
}

/** All values of a query parameter, in their order: `@AllOf('tags') tags: string[]`. */
export const AllOf = createParamDecorator((name: string, context: ExecutionContext) =>
  new URLSearchParams(splitUrl(requestOf(context))[1]).getAll(name),
);

/** The address of the request. */
export const Address = createParamDecorator((_: undefined, context: ExecutionContext): RequestAddress => {
  const request = requestOf(context);
  return {
    origin: `${request.protocol}://${request.host || socketAddress(request)}`,
    path: pathOf(request),
    query: queryOf(request),
  };
});

/** Who makes the request; of routes that need a key, or a network that stands for one. */
export const By = createParamDecorator((_: undefined, context: ExecutionContext): Caller => {
  const { caller } = requestOf(context);
  if (!caller) throw new Unauthorized('this needs an API key');
  return caller;
});

/** The media type of the request's body, in lower case and without parameters; empty where it has none. */
export const MediaType = createParamDecorator((_: undefined, context: ExecutionContext) =>
  mediaTypeOf(requestOf(context)),
);

/** See `MediaType`. */
export function mediaTypeOf({ headers }: FastifyRequest): string {
  return (
    /^[^;]*/
      .exec(headers['content-type'] ?? '')?.[0]
      .trim()
      .toLowerCase() ?? ''
  );
}

/** The path of a request, without its query. */
export function pathOf(request: FastifyRequest): string {
  return splitUrl(request)[0];
}

const NO_QUERY: Query = {};

/** The queries of requests that are under way: several parameters of one handler read the same. */
const QUERIES = new WeakMap<FastifyRequest, Query>();

/** The query parameters of a request: the last one of each name. An empty `format` counts as absent. */
export function queryOf(request: FastifyRequest): Query {
  const [, search = ''] = splitUrl(request);
  if (search === '') return NO_QUERY;
  const known = QUERIES.get(request);
  if (known) return known;
  const parsed = Object.fromEntries(new URLSearchParams(search)) as Query;
  const { format, ...others } = parsed;
  const query = format ? parsed : others;
  QUERIES.set(request, query);
  return query;
}

/** Answers 404 to a `format` that the resource does not have; see the rule `formats`. */
export const checkFormat: StepOf = ({ config: { access, formats = JSON_FORMATS } = {} }) => {
  if (access === undefined) return undefined;
  return (request) => {
    const { format } = queryOf(request);
    if (format !== undefined && !formats.includes(format))
      throw new NotFound(`format: there is no format ${JSON.stringify(format)} here`);
  };
};

/** Path and query. The form of requests to proxies (`GET http://host/path`) has another host, which is dropped. */
function splitUrl(request: FastifyRequest): [path: string, search?: string] {
  const url = request.url.replace(/^https?:\/\/[^/?]*/i, '');
  const at = url.indexOf('?');
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

/** Where the request came in, for clients that don't say which host they mean: HTTP/1.0, or an empty `Host`. */
function socketAddress({ raw: { socket } }: FastifyRequest): string {
  const address = (socket.localAddress ?? 'localhost').replace(/^::ffff:/, '');
  return `${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? ''}`;
}

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}
