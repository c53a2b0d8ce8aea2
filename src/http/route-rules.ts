import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { type CredentialForm } from '../auth/credential.js';
import { type Scope } from '../auth/scope.js';
import { type RefusalFormat } from './refusal-format.js';

/** Conditions that a request must meet before its body is read. */
export interface RouteRules {
  /** The scope that the request's key needs. A `read` route is open to everybody, unless reads are closed. */
  readonly access?: Scope;
  /**
   * The status of the refusal when the body is not declared as `application/json` (or one of `bodyTypes`); absent:
   * there is no body.
   */
  readonly contentTypeRefusal?: 400 | 415;
  /** The media types that a body may have beside `application/json`. */
  readonly bodyTypes?: readonly string[];
  /** Whether a body may be compressed with gzip; with another `Content-Encoding` it is 415. */
  readonly gzip?: boolean;
  /** The values that the `format` parameter may have; all of JSON unless given. Any other value is 404. */
  readonly formats?: readonly string[];
  /** Further forms that the key may have: for clients that can send no other. */
  readonly credentials?: readonly CredentialForm[];
  /** Whether a refusal for now is held, and not answered: for clients that give up at any refusal. See `holdRefusals`. */
  readonly holdsRefusals?: boolean;
  /** Whether answers carry an `ETag`, by which clients ask whether they have changed. */
  readonly tagged?: boolean;
  /** Whether JSON answers may say their charset: clients of other systems compare it, too. */
  readonly keepsCharset?: boolean;
  /** How refusals are written; `archiveFormat` unless given. */
  readonly refusals?: RefusalFormat;
  /** Headers of every answer, refusals included. */
  readonly headers?: (request: FastifyRequest) => Readonly<Record<string, string>>;
}

declare module 'fastify' {
  interface FastifyContextConfig extends RouteRules {
    /** Marks the routes that answer 405 and OPTIONS. */
    readonly fallback?: boolean;
  }
}

/** Where the builder of the API's reference finds the rules of a route. */
export const RULES = 'x-rules';

/**
 * Sets the rules of a route. Hooks enforce them before the body is read; the reference is built from the same
 * object.
 */
export const Rules = (rules: RouteRules): MethodDecorator & ClassDecorator =>
  applyDecorators(RouteConfig(rules), ApiExtension(RULES, rules));
