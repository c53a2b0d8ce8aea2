import { Injectable } from '@nestjs/common';
import {
  type FastifyContextConfig,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from 'fastify';
import { MethodNotAllowed } from '../common/errors.js';
import { type Scope } from '../auth/scope.js';
import { JSON_TYPE } from './headers.js';
import { type RouteRules } from './route-rules.js';

const ALL: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The headers that a script of another origin may send. */
const CORS_HEADERS = 'authorization, x-api-key, content-type, idempotency-key';

/**
 * The methods of each URL, collected from the routes. Call `watch` before the routes are registered and `answerOthers`
 * after: then every URL answers OPTIONS, answers 405 to the methods it lacks (401 without a key, as esmond does), and
 * has `Allow`.
 */
@Injectable()
export class Methods {
  private readonly byUrl = new Map<string, Set<HTTPMethods>>();
  /** The rules of the first route of each URL, which hold for its other methods, too. */
  private readonly rules = new Map<string, RouteRules>();
  /** The `Allow` header of each URL. */
  private readonly allow = new Map<string, string>();

  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url: pattern, method, config }) => {
      if (config?.fallback) return;
      const url = pattern.replace(/(?<=.)\/$/, ''); // the router ignores a trailing slash
      const methods = this.byUrl.get(url) ?? new Set<HTTPMethods>(['OPTIONS']);
      this.byUrl.set(url, methods);
      for (const one of [method].flat()) methods.add(one);
      if (config && !this.rules.has(url)) this.rules.set(url, config);
    });
  }

  answerOthers(fastify: FastifyInstance): void {
    for (const [url, methods] of this.byUrl) {
      this.allow.set(url, [...methods].sort().join(', '));
      const { access: needed, credentials, headers, refusals } = this.rules.get(url) ?? {};
      const config = (access: Scope): FastifyContextConfig => ({
        fallback: true,
        ...(needed && { access }),
        ...(credentials && { credentials }),
        ...(headers && { headers }),
        ...(refusals && { refusals }),
      });
      fastify.route({ method: 'OPTIONS', url, config: config('read'), handler: this.describe });
      const others = ALL.filter((method) => !methods.has(method));
      fastify.route({ method: others, url, config: config('write'), handler: this.refuse });
    }
  }

  /** The methods of each URL pattern, as the router has them. */
  routes(): ReadonlyMap<string, ReadonlySet<HTTPMethods>> {
    return this.byUrl;
  }

  /** The `Allow` header of a URL pattern; `undefined` before `answerOthers`. */
  readonly allowed = (url: string): string | undefined => this.allow.get(url);

  /** A preflight asks what a script of another origin may do; a plain OPTIONS gets a document, as from esmond. */
  private readonly describe = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const allow = this.allowed(request.routeOptions.url ?? '') ?? '';
    if (request.headers['access-control-request-method'] === undefined)
      return reply.send({ name: 'Marigram', methods: allow.split(', '), renders: [JSON_TYPE], parses: [JSON_TYPE] });
    void reply.header('access-control-allow-methods', allow).header('access-control-allow-headers', CORS_HEADERS);
    return reply.removeHeader('content-type').status(204).send();
  };

  private readonly refuse = (request: FastifyRequest): never => {
    const allow = this.allowed(request.routeOptions.url ?? '') ?? 'nothing';
    throw new MethodNotAllowed(`${request.method} is not possible here, only ${allow}`);
  };
}
