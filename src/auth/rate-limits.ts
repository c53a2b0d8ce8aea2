import { Injectable } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { networkOf } from '../common/address.js';
import { TooManyRequests } from '../common/errors.js';
import { AppConfig } from '../config/config.js';

/** The window of the rate limits. */
const WINDOW_MS = 60_000;

/** The number of keys, and of addresses, counted at a time; the least recently used ones are evicted. */
const CACHE_SIZE = 10_000;

/** The requests of one client since its window began. */
interface Window {
  requests: number;
  /** When it ends, by this process's monotonic clock, in milliseconds. */
  readonly until: number;
}

/** Counts the requests of clients in windows of a minute each, which begin with a client's first request. */
class Counter {
  private readonly windows = new LRUCache<number | string, Window>({ max: CACHE_SIZE });

  /** @param limit the requests in a window; 0 is no limit. */
  constructor(
    private readonly limit: number,
    private readonly whose: string,
    private readonly setting: string,
  ) {}

  /** Counts a request and tells the client how many are left. Throws `TooManyRequests` above the limit. */
  count(client: number | string, reply: FastifyReply): void {
    if (this.limit === 0) return;
    const now = performance.now();
    let window = this.current(client, now);
    if (window) window.requests++;
    else this.windows.set(client, (window = { requests: 1, until: now + WINDOW_MS }));
    const secondsLeft = Math.ceil((window.until - now) / 1000);
    void reply.header('ratelimit-limit', this.limit);
    void reply.header('ratelimit-remaining', Math.max(0, this.limit - window.requests));
    void reply.header('ratelimit-reset', secondsLeft);
    if (window.requests > this.limit)
      throw new TooManyRequests(
        `more than ${this.limit} requests in a minute with this ${this.whose} (${this.setting})`,
        secondsLeft,
      );
  }

  /** Whether a client has no requests left. */
  isExhausted(client: number | string): boolean {
    return this.limit > 0 && (this.current(client, performance.now())?.requests ?? 0) >= this.limit;
  }

  private current(client: number | string, now: number): Window | undefined {
    const window = this.windows.get(client);
    return window && now < window.until ? window : undefined;
  }
}

/**
 * Limits the requests per minute to this process: of each key, and of each address without a valid key (for IPv6, of
 * each /64). Answers tell in `RateLimit-*` how many are left.
 */
@Injectable()
export class RateLimits {
  private readonly ofKeys: Counter;
  private readonly ofAddresses: Counter;

  constructor({ rateLimit, rateLimitAddress }: AppConfig) {
    this.ofKeys = new Counter(rateLimit, 'API key', 'RATE_LIMIT');
    this.ofAddresses = new Counter(rateLimitAddress, 'address', 'RATE_LIMIT_ADDRESS');
  }

  /** Counts a request of the key with this number. Throws `TooManyRequests`. */
  countKey(id: number, reply: FastifyReply): void {
    this.ofKeys.count(id, reply);
  }

  /** Counts a request of an address. Throws `TooManyRequests`. */
  countAddress({ ip }: FastifyRequest, reply: FastifyReply): void {
    this.ofAddresses.count(networkOf(ip), reply);
  }

  /** Whether the address of a request has used up its requests. Counts nothing. */
  isExhausted({ ip }: FastifyRequest): boolean {
    return this.ofAddresses.isExhausted(networkOf(ip));
  }
}
