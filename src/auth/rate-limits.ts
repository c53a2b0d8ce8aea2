import rateLimit from '@fastify/rate-limit';
import { Injectable } from '@nestjs/common';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { TooManyRequests } from '../common/errors.js';
import { AppConfig } from '../config/config.js';

/** The window of the rate limits. */
const WINDOW_MS = 60_000;

/** The number of keys, and of addresses, counted at a time; the least recently used ones are evicted. */
const CACHE_SIZE = 10_000;

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

/**
 * Limits the requests per minute to this process: of each key, and of each address without a valid key (for IPv6, of
 * each /64). Answers tell in `RateLimit-*` how many are left.
 */
@Injectable()
export class RateLimits {
  private ofKeys: Limiter | undefined;
  private ofAddresses: Limiter | undefined;
  /** Until when some address has used up its requests, by this process's monotonic clock, in milliseconds. */
  private exhaustedUntil = -Infinity;

  constructor(private readonly config: AppConfig) {}

  /** Sets the limits up; without it, nothing is counted. */
  async install(fastify: FastifyInstance): Promise<void> {
    await fastify.register(rateLimit, { global: false, cache: CACHE_SIZE });
    const { rateLimit: ofKeys, rateLimitAddress: ofAddresses } = this.config;
    if (ofKeys > 0)
      this.ofKeys = fastify.createRateLimit({
        max: ofKeys,
        timeWindow: WINDOW_MS,
        keyGenerator: ({ rateLimitKey }) => rateLimitKey,
      });
    if (ofAddresses > 0) this.ofAddresses = fastify.createRateLimit({ max: ofAddresses, timeWindow: WINDOW_MS });
  }

  /** Counts a request of a key. Throws `TooManyRequests`. */
  async countKey(request: FastifyRequest, reply: FastifyReply, id: number): Promise<void> {
    if (!this.ofKeys) return;
    request.rateLimitKey = id;
    await count(this.ofKeys, request, reply, 'API key', 'RATE_LIMIT');
  }

  /** Counts a request of an address. Throws `TooManyRequests`. */
  async countAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!this.ofAddresses) return;
    const left = await count(this.ofAddresses, request, reply, 'address', 'RATE_LIMIT_ADDRESS');
    if (left === 0) this.exhaustedUntil = performance.now() + WINDOW_MS;
  }

  /** Whether any address has used up its requests lately; a quick check before `isExhausted`. */
  get mayBeExhausted(): boolean {
    return performance.now() < this.exhaustedUntil;
  }

  /** Whether the address of a request has used up its requests. Counts nothing. */
  async isExhausted(request: FastifyRequest): Promise<boolean> {
    const limit = await this.ofAddresses?.(request, { increment: false });
    return limit?.isAllowed === false && limit.remaining === 0;
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The number of the key to count. */
    rateLimitKey: number;
  }
}

/** Counts a request, and returns how many are left. */
async function count(
  limiter: Limiter,
  request: FastifyRequest,
  { raw }: FastifyReply,
  whose: string,
  setting: string,
): Promise<number> {
  const limit = await limiter(request);
  if (limit.isAllowed) return Infinity;
  raw.setHeader('ratelimit-limit', limit.max);
  raw.setHeader('ratelimit-remaining', limit.remaining);
  raw.setHeader('ratelimit-reset', limit.ttlInSeconds);
  if (limit.isExceeded)
    throw new TooManyRequests(
      `more than ${limit.max} requests in a minute with this ${whose} (${setting})`,
      limit.ttlInSeconds,
    );
  return limit.remaining;
}
