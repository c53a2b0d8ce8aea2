import { Injectable } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { UsageCounters } from '../audit/usage-counters.js';
import { Forbidden, Unauthorized } from '../common/errors.js';
import { AppConfig } from '../config/config.js';
import { subjectOfSession } from '../storage/registry/subject-store.js';
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
    /** Who makes the request; `null` if the request needs no rights and has no valid key. */
    caller: Caller | null;
  }
}

/** Decides whether a request may reach its route, before its body is read. */
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
   * Accepts requests of routes without an `access` rule. Otherwise throws `TooManyRequests` above a rate limit,
   * `Unauthorized` if a key is required and absent, or the given key (of any request) is invalid, and `Forbidden` if
   * the key lacks the scope or may not write to the metadata or the session in the path.
   */
  async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { access } = request.routeOptions.config;
    if (access === undefined || isPreflight(request)) return;
    const needed = access === 'read' && this.config.readAccess === 'public' ? undefined : access;
    let rights: Rights | undefined;
    try {
      rights = await this.identify(request, needed);
    } catch (error) {
      // Requests with a wrong key count for their address.
      if (error instanceof Unauthorized) await this.rates.countAddress(request, reply);
      throw error;
    }
    if (rights?.id != null) await this.rates.countKey(request, reply, rights.id);
    else await this.rates.countAddress(request, reply);
    if (rights) this.setCaller(request, rights);
    if (needed !== undefined) await this.authorize(request, needed);
  }

  /**
   * Verifies a caller again if the body took longer to arrive than a verified key is cached, so that a key revoked
   * meanwhile stores nothing. Returns `undefined` if that is not necessary, as almost always. Throws like
   * `authenticate`, but counts nothing.
   * @param milliseconds the time since the request arrived.
   */
  confirm(request: FastifyRequest, milliseconds: number): Promise<void> | undefined {
    if (milliseconds < KEY_TTL_MS || request.body === undefined) return undefined;
    const { access } = request.routeOptions.config;
    return access === undefined || !request.caller ? undefined : this.verifyAgain(request, access);
  }

  private async verifyAgain(request: FastifyRequest, needed: Scope): Promise<void> {
    const rights = await this.identify(request, needed);
    request.caller = rights ? new Caller(rights, request.ip) : null;
    await this.authorize(request, needed);
  }

  /** The rights of the request's key, or of the network of its address. Throws `Unauthorized` for an invalid key. */
  private async identify(request: FastifyRequest, needed: Scope | undefined): Promise<Rights | undefined> {
    const credential = pickCredential(request.headers, request.routeOptions.config.takesBasic);
    const rights = credential && (await this.verify(credential, request));
    if (rights) return rights;
    // A wrong pair in the old form `ApiKey USER:KEY` counts as no credential, as in esmond.
    if (credential && credential.username === undefined)
      throw new Unauthorized('the API key is unknown, expired or revoked');
    return needed === undefined ? undefined : this.networks.find(request.ip);
  }

  private async verify(credential: Credential, request: FastifyRequest): Promise<Rights | undefined> {
    // Saves a look-up for each guess above the limit of an address.
    if (
      this.rates.mayBeExhausted &&
      (await this.rates.isExhausted(request)) &&
      !(await this.keys.mayBeValid(credential.key))
    )
      return undefined;
    return this.strategy.verify(credential);
  }

  private setCaller(request: FastifyRequest, rights: Rights): void {
    const caller = new Caller(rights, request.ip);
    request.caller = caller;
    if (isKey(caller)) this.usage.recordUse(caller);
  }

  private async authorize({ caller, params }: FastifyRequest, needed: Scope): Promise<void> {
    if (!caller) throw new Unauthorized('this needs an API key: send "Authorization: Token KEY"');
    if (!includes(caller.rights.scope, needed)) throw new Forbidden(`${caller.name} lacks the scope ${needed}`);
    if (needed === 'read' || !caller.rights.limits) return;
    const { metadataKey, session } = (params ?? {}) as { metadataKey?: string; session?: string };
    if (metadataKey !== undefined) await this.limits.checkKeys(caller, () => [metadataKey]);
    if (session !== undefined) this.limits.check(caller, subjectOfSession(session));
  }
}

function isKey(caller: Caller): caller is Caller & { readonly keyId: number } {
  return caller.keyId !== null;
}

/** Whether a browser asks what a script may do; it does so without the script's key. */
function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}
