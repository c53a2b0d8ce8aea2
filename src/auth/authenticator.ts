import { Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { Forbidden, Unauthorized } from '../common/errors.js';
import { AppConfig } from '../config/config.js';
import { ApiKeyStrategy } from './api-key.strategy.js';
import { pickCredential } from './credential.js';
import { includes } from './scope.js';

/** Decides, before a body is read, whether a request may go on to its route. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly strategy: ApiKeyStrategy,
    private readonly config: AppConfig,
  ) {}

  /**
   * Passes requests of routes without an `access` rule. Else throws `Unauthorized` where a key is needed and absent,
   * or where one is given (on any method) that is not valid, and `Forbidden` where the key lacks the scope.
   */
  async authenticate(request: FastifyRequest): Promise<void> {
    const { access } = request.routeOptions.config;
    if (access === undefined || isPreflight(request)) return;
    const credential = pickCredential(request.headers);
    const key = credential && (await this.strategy.verify(credential));
    // A wrong pair of the old `ApiKey USER:KEY` form counts as no credential at all, as in esmond.
    if (credential && !key && credential.username === undefined)
      throw new Unauthorized('the API key is unknown or revoked');
    const needed = access === 'read' && this.config.readAccess === 'public' ? undefined : access;
    if (needed === undefined) return;
    if (!key) throw new Unauthorized('this needs an API key: send "Authorization: Token KEY"');
    if (!includes(key.scope, needed)) throw new Forbidden(`the API key of ${key.username} lacks the scope ${needed}`);
  }
}

/** Browsers ask what a script may do before they send its key. */
function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}
