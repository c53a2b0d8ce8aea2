import { Injectable } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { UsageCounters } from '../audit/usage-counters.js';
import { Forbidden, Unauthorized } from '../common/errors.js';
import { AppConfig } from '../config/config.js';
import { ApiKeyService, KEY_TTL_MS } from './api-key.service.js';
import { ApiKeyStrategy } from './api-key.strategy.js';
import { Caller, type Rights } from './caller.js';
import { type Credential, pickCredential } from './credential.js';
import { NetworkService } from './network.service.js';
import { RateLimits } from './rate-limits.js';
import { includes, type Scope } from './scope.js';
import { WriteLimits } from './write-limits.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request; `null` where nobody had to say. */
    caller: Caller | null;
  }
}

/** Decides, before a body is read, whether a request may go on to its route. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly strategy: ApiKeyStrategy,
    private readonly keys: ApiKeyService,
    private readonly networks: NetworkService,
    private readonly rates: RateLimits,
    private readonly limits: WriteLimits,
    private readonly usage: UsageCounters,
    private readonly config: AppConfig,
  ) {}

  /**
   * Passes requests of routes without an `access` rule. Else throws `TooManyRequests` where there were too many,
   * `Unauthorized` where a key is needed and absent, or where one is given (on any method) that is not valid, and
   * `Forbidden` where the key lacks the scope, or may not write to the metadata in the path.
   */
  async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { access } = request.routeOptions.config;
    if (access === undefined || isPreflight(request)) return;
    const needed = access === 'read' && this.config.readAccess === 'public' ? undefined : access;
    let rights: Rights | undefined;
    try {
      rights = await this.identify(request, needed);
    } catch (error) {
      // Whoever tries keys is counted by the address.
      if (error instanceof Unauthorized) await this.rates.countAddress(request, reply);
      throw error;
    }
    if (rights?.id != null) await this.rates.countKey(request, reply, rights.id);
    else await this.rates.countAddress(request, reply);
    if (rights) this.note(request, rights);
    if (needed !== undefined) await this.authorize(request, needed);
  }

  /**
   * Verifies a caller again whose body took longer to arrive than a verified key is cached: a key that was revoked
   * meanwhile stores nothing. Returns `undefined` where that needs no look, which is almost always.
   * @param milliseconds how long ago the request came. Throws as `authenticate` does, but counts nothing.
   */
  confirm(request: FastifyRequest, milliseconds: number): Promise<void> | undefined {
    if (milliseconds < KEY_TTL_MS || request.body === undefined) return undefined;
    const { access } = request.routeOptions.config;
    return access === undefined || !request.caller ? undefined : this.reconsider(request, access);
  }

  private async reconsider(request: FastifyRequest, needed: Scope): Promise<void> {
    const rights = await this.identify(request, needed);
    request.caller = rights ? new Caller(rights, request.ip) : null;
    await this.authorize(request, needed);
  }

  /** The rights of the request's key, or of the network it comes from. Throws `Unauthorized` for a key that is none. */
  private async identify(request: FastifyRequest, needed: Scope | undefined): Promise<Rights | undefined> {
    const credential = pickCredential(request.headers);
    const rights = credential && (await this.verify(credential, request));
    if (rights) return rights;
    // A wrong pair of the old `ApiKey USER:KEY` form counts as no credential at all, as in esmond.
    if (credential && credential.username === undefined)
      throw new Unauthorized('the API key is unknown, expired or revoked');
    return needed === undefined ? undefined : this.networks.find(request.ip);
  }

  private async verify(credential: Credential, request: FastifyRequest): Promise<Rights | undefined> {
    // Guesses beyond the limit of their address would be a look-up each.
    if (
      this.rates.mayBeExhausted &&
      (await this.rates.isExhausted(request)) &&
      !(await this.keys.mayWork(credential.key))
    )
      return undefined;
    return this.strategy.verify(credential);
  }

  private note(request: FastifyRequest, rights: Rights): void {
    const caller = new Caller(rights, request.ip);
    request.caller = caller;
    if (isKey(caller)) this.usage.recordUse(caller);
  }

  private async authorize({ caller, params }: FastifyRequest, needed: Scope): Promise<void> {
    if (!caller) throw new Unauthorized('this needs an API key: send "Authorization: Token KEY"');
    if (!includes(caller.rights.scope, needed)) throw new Forbidden(`${caller.name} lacks the scope ${needed}`);
    const { metadataKey } = (params ?? {}) as { metadataKey?: string };
    if (needed !== 'read' && metadataKey !== undefined && caller.rights.limits)
      await this.limits.checkKeys(caller, () => [metadataKey]);
  }
}

function isKey(caller: Caller): caller is Caller & { readonly keyId: number } {
  return caller.keyId !== null;
}

/** Browsers ask what a script may do before they send its key. */
function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}
