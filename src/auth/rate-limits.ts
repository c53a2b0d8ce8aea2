import rateLimit from '@fastify/rate-limit';
import { Injectable } from '@nestjs/common';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { TooManyRequests } from '../common/errors.js';
import { AppConfig } from '../config/config.js';

/** The time in which requests are counted, in milliseconds. */
const WINDOW = 60_000;

/** How many keys and how many addresses are remembered; the ones longest unheard of are forgotten. */
const REMEMBERED = 10_000;

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

/**
 * How many requests a minute this process takes: of each key, and of each address that shows no valid key (of IPv6,
 * of each /64). Answers say in `RateLimit-*` how many are left.
 */
@Injectable()
export class RateLimits {
  private ofKeys: Limiter | undefined;
  private ofAddresses: Limiter | undefined;

  constructor(private readonly config: AppConfig) {}

  /** Prepares the counting; without it nothing is counted. */
  async install(fastify: FastifyInstance): Promise<void> {
    await fastify.register(rateLimit, { global: false, cache: REMEMBERED });
    const { rateLimit: ofKeys, rateLimitAddress: ofAddresses } = this.config;
    if (ofKeys > 0)
      this.ofKeys = fastify.createRateLimit({
        max: ofKeys,
        timeWindow: WINDOW,
        keyGenerator: ({ rateLimitKey }) => rateLimitKey,
      });
    if (ofAddresses > 0) this.ofAddresses = fastify.createRateLimit({ max: ofAddresses, timeWindow: WINDOW });
  }

  /** Counts a request of a key. Throws `TooManyRequests`. */
  async countKey(request: FastifyRequest, reply: FastifyReply, id: number): Promise<void> {
    if (!this.ofKeys) return;
    request.rateLimitKey = id;
    await count(this.ofKeys, request, reply, 'API key', 'RATE_LIMIT');
  }

  /** Counts a request of an address. Throws `TooManyRequests`. */
  async countAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.ofAddresses) await count(this.ofAddresses, request, reply, 'address', 'RATE_LIMIT_ADDRESS');
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The number of the key whose requests are counted. */
    rateLimitKey: number;
  }
}

async function count(
  limiter: Limiter,
  request: FastifyRequest,
  { raw }: FastifyReply,
  whose: string,
  setting: string,
): Promise<void> {
  const limit = await limiter(request);
  if (limit.isAllowed) return;
  raw.setHeader('ratelimit-limit', limit.max);
  raw.setHeader('ratelimit-remaining', limit.remaining);
  raw.setHeader('ratelimit-reset', limit.ttlInSeconds);
  if (limit.isExceeded)
    throw new TooManyRequests(
      `more than ${limit.max} requests in a minute with this ${whose} (${setting})`,
      limit.ttlInSeconds,
    );
}
