import { Injectable } from '@nestjs/common';
import { type FastifyContextConfig, type FastifyReply, type FastifyRequest } from 'fastify';
import { UsageCounters } from '../audit/usage-counters.js';
import { Forbidden, Unauthorized } from '../common/errors.js';
import { AppConfig } from '../config/config.js';
import { subjectOfDatabase, subjectOfSession } from '../storage/registry/subject-store.js';
import { ApiKeyService, KEY_TTL_MS } from './api-key.service.js';
import { ApiKeyStrategy } from './api-key.strategy.js';
import { Caller, type Rights } from './caller.js';
import { type Credential, type CredentialForm, pickCredential } from './credential.js';
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

/** A check of the requests of a route; `undefined` where the route needs none. Returns a promise only to look things up. */
type Check = ((request: FastifyRequest, reply: FastifyReply) => void | Promise<void>) | undefined;

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
  readonly authenticate = ({ config }: { config?: FastifyContextConfig }): Check => {
    if (config?.access === undefined) return undefined;
    const { access, credentials } = config;
    const needed = access === 'read' && this.config.readAccess === 'public' ? undefined : access;
    return (request, reply) => (isPreflight(request) ? undefined : this.admit(request, reply, needed, credentials));
  };

  /**
   * Verifies a caller again if the body took longer to arrive than a verified key is cached, so that a key revoked
   * meanwhile stores nothing; almost no request has to wait for it. Throws like `authenticate`, but counts nothing.
   */
  readonly confirm = ({ config }: { config?: FastifyContextConfig }): Check => {
    if (config?.access === undefined) return undefined;
    const { access } = config;
    return (request, reply) => {
      if (request.body === undefined || !request.caller || reply.elapsedTime < KEY_TTL_MS) return undefined;
      return this.require(request, access).then(() => undefined);
    };
  };

  /**
   * Identifies the caller of a request afresh. Throws like `authenticate` where it lacks the scope, but counts nothing: for
   * routes on which not every request needs the same scope.
   */
  async require(request: FastifyRequest, scope: Scope): Promise<Caller> {
    const rights = await this.identify(request, scope, request.routeOptions.config.credentials);
    if (!rights) throw needsKey();
    const caller = new Caller(rights, request.ip);
    request.caller = caller;
    await this.authorize(request, scope);
    return caller;
  }

  /** Returns a promise only where something has to be looked up. */
  private admit(
    request: FastifyRequest,
    reply: FastifyReply,
    needed: Scope | undefined,
    forms: readonly CredentialForm[] | undefined,
  ): void | Promise<void> {
    const refuse = (error: unknown): never => {
      // Requests with a wrong key count for their address.
      if (error instanceof Unauthorized) this.rates.countAddress(request, reply);
      throw error;
    };
    let rights: Rights | undefined | Promise<Rights | undefined>;
    try {
      rights = this.identify(request, needed, forms);
    } catch (error) {
      return refuse(error);
    }
    if (!(rights instanceof Promise)) return this.accept(request, reply, rights, needed);
    return rights.then((found) => this.accept(request, reply, found, needed), refuse);
  }

  private accept(
    request: FastifyRequest,
    reply: FastifyReply,
    rights: Rights | undefined,
    needed: Scope | undefined,
  ): void | Promise<void> {
    if (rights?.id != null) this.rates.countKey(rights.id, reply);
    else this.rates.countAddress(request, reply);
    if (rights) this.setCaller(request, rights);
    if (needed !== undefined) return this.authorize(request, needed);
  }

  /** The rights of the request's key, or of the network of its address. Throws `Unauthorized` for an invalid key. */
  private identify(
    request: FastifyRequest,
    needed: Scope | undefined,
    forms: readonly CredentialForm[] | undefined,
  ): Rights | undefined | Promise<Rights | undefined> {
    const credential = pickCredential(request, forms);
    if (credential) return this.strategy.recall(credential) ?? this.verify(credential, request, needed);
    return needed === undefined ? undefined : this.networks.find(request.ip);
  }

  private async verify(
    credential: Credential,
    request: FastifyRequest,
    needed: Scope | undefined,
  ): Promise<Rights | undefined> {
    // Saves a look-up for each guess above the limit of an address.
    const isGuess = this.rates.isExhausted(request) && !(await this.keys.mayBeValid(credential.key));
    const rights = isGuess ? undefined : await this.strategy.verify(credential);
    if (rights) return rights;
    // A wrong pair in the old form `ApiKey USER:KEY` counts as no credential, as in esmond.
    if (credential.username === undefined) throw new Unauthorized('the API key is unknown, expired or revoked');
    return needed === undefined ? undefined : this.networks.find(request.ip);
  }

  private setCaller(request: FastifyRequest, rights: Rights): void {
    const caller = new Caller(rights, request.ip);
    request.caller = caller;
    if (isKey(caller)) this.usage.recordUse(caller);
  }

  /** Returns a promise only for callers that may write to some metadata only. */
  private authorize({ caller, params }: FastifyRequest, needed: Scope): void | Promise<void> {
    if (!caller) throw needsKey();
    if (!includes(caller.rights.scope, needed)) throw new Forbidden(`${caller.name} lacks the scope ${needed}`);
    if (needed !== 'read' && caller.rights.limits) return this.checkLimits(caller, params);
  }

  private async checkLimits(caller: Caller, params: unknown): Promise<void> {
    const { metadataKey, session, database } = (params ?? {}) as Partial<Record<string, string>>;
    if (metadataKey !== undefined) await this.limits.checkKeys(caller, () => [metadataKey]);
    if (session !== undefined) this.limits.check(caller, subjectOfSession(session));
    if (database !== undefined) this.limits.check(caller, subjectOfDatabase(database));
  }
}

function needsKey(): Unauthorized {
  return new Unauthorized('this needs an API key: send "Authorization: Token KEY"');
}

function isKey(caller: Caller): caller is Caller & { readonly keyId: number } {
  return caller.keyId !== null;
}

/** Whether a browser asks what a script may do; it does so without the script's key. */
function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}
