import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type Caller } from '../auth/caller.js';
import { NotFound, Unauthorized } from '../common/errors.js';
import { type Query } from '../common/time-range.js';

/** Where a request came in: what absolute URLs in its answer begin with. */
export interface RequestAddress {
  /** Scheme and host, such as `http://archive.example.net:8080`; of a trusted proxy, what it says. */
  readonly origin: string;
  /** The path of the request, without its query. */
  readonly path: string;
}

/** The formats that every resource answers to; all of them are JSON. */
export const JSON_FORMATS: readonly string[] = ['json', 'api'];

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
  return { origin: `${request.protocol}://${request.host || socketAddress(request)}`, path: pathOf(request) };
});

/** Who makes the request; of routes that need a key, or a network that stands for one. */
export const By = createParamDecorator((_: undefined, context: ExecutionContext): Caller => {
  const { caller } = requestOf(context);
  if (!caller) throw new Unauthorized('this needs an API key');
  return caller;
});

/** The path of a request, without its query. */
export function pathOf(request: FastifyRequest): string {
  return splitUrl(request)[0];
}

function parseQuery(search: string, formats: readonly string[]): Query {
  if (search === '') return {};
  const query = Object.fromEntries(new URLSearchParams(search)) as Query;
  const { format, ...others } = query;
  if (!format) return others; // an empty one counts as absent
  if (!JSON_FORMATS.includes(format) && !formats.includes(format))
    throw new NotFound(`format: there is no format ${JSON.stringify(format)} here`);
  return query;
}

/** Path and query. A proxy's form of the request (`GET http://host/path`) names a host that is none of ours to repeat. */
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
