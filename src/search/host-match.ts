import { lookup } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { canonicalAddress } from '../common/address.js';
import { Invalid, Overloaded, Unavailable } from '../common/errors.js';

/** The time limit of a look-up by the system's resolver, and the lifetime of its answer in the cache. */
const LOOKUP_TIMEOUT_MS = 3000;
const LOOKUP_TTL_MS = 60_000;

/** The maximum of look-ups in progress. Node passes two at a time to the resolver. */
const MAX_LOOKUPS = 100;

/** The `Retry-After` when the resolver does not answer. */
const RETRY_AFTER_SECONDS = 5;

/** The codes of `getaddrinfo` for a failed resolver. */
const OUTAGES: ReadonlySet<string> = new Set(['EAI_AGAIN', 'EAI_FAIL', 'EAI_MEMORY', 'EAI_SYSTEM']);

type Family = 4 | 6;

/** The families of each rule, in order, and whether it stops at the first family with an address. */
export const DNS_RULES: Readonly<Record<string, { families: readonly Family[]; firstOnly: boolean }>> = {
  v4v6: { families: [4, 6], firstOnly: false },
  'only-v4': { families: [4], firstOnly: false },
  'only-v6': { families: [6], firstOnly: false },
  'prefer-v4': { families: [4, 6], firstOnly: true },
  'prefer-v6': { families: [6, 4], firstOnly: true },
};

/** Looks up the first address of a host in one family; rejects if there is none. */
export type Lookup = (host: string, family: Family) => Promise<string>;

const systemLookup: Lookup = async (host, family) => (await lookup(host, { family })).address;

/** Resolves the hosts of a search. Addresses stay as they are; the system's resolver looks up names. */
@Injectable()
export class HostMatch {
  private readonly cache = new LRUCache<string, { address: string | undefined }>({ max: 10_000, ttl: LOOKUP_TTL_MS });
  /** The look-ups in progress by family and name; requests for the same name share one. */
  private readonly pending = new Map<string, Promise<string | undefined>>();
  /** The system's resolver, which also reads /etc/hosts. Tests have no network and replace it. */
  lookup: Lookup = systemLookup;

  /**
   * The canonical addresses of a host under a `dns-match-rule` (default: both families), at most one of each family.
   * Throws `Invalid`, naming `field` or the rule, if the rule is unknown or no address is found, and `Unavailable` if
   * the resolver fails.
   */
  async addressesOf(field: string, host: string, rule = 'v4v6'): Promise<string[]> {
    const addresses = await this.findAddresses(host, rule);
    if (addresses.length === 0) throw new Invalid(`${field}: ${JSON.stringify(host)} has no address under ${rule}`);
    return addresses;
  }

  /** Like `addressesOf`, but returns an empty array if no address is found. */
  async findAddresses(host: string, rule = 'v4v6'): Promise<string[]> {
    const how = Object.hasOwn(DNS_RULES, rule) ? DNS_RULES[rule] : undefined;
    if (!how) throw new Invalid(`dns-match-rule: expected one of ${Object.keys(DNS_RULES).join(', ')}, got "${rule}"`);
    const addresses: string[] = [];
    if (how.firstOnly) {
      for (const family of how.families) if (addresses.length === 0) addresses.push(...(await this.find(host, family)));
    } else {
      addresses.push(...(await Promise.all(how.families.map((family) => this.find(host, family)))).flat());
    }
    return addresses;
  }

  /** The address of the host in the family, if it has one. Throws `Unavailable` if the resolver does not answer. */
  private async find(host: string, family: Family): Promise<string[]> {
    const literal = canonicalAddress(host);
    if (literal !== undefined) return literal.includes(':') === (family === 6) ? [literal] : [];
    if (!isHostName(host)) return [];
    const name = `${family} ${host.toLowerCase()}`;
    const known = this.cache.get(name);
    const address = known ? known.address : await withTimeout(this.ask(name, host, family), host);
    return address === undefined ? [] : [address];
  }

  /** The resolver's answer, without a time limit. Throws `Overloaded` if too many look-ups are in progress. */
  private ask(name: string, host: string, family: Family): Promise<string | undefined> {
    const pending = this.pending.get(name);
    if (pending) return pending;
    if (this.pending.size >= MAX_LOOKUPS)
      throw new Overloaded('too many host names are being looked up, try again soon', RETRY_AFTER_SECONDS);
    const asked = this.addressOf(host, family)
      .then((address) => {
        this.cache.set(name, { address });
        return address;
      })
      .finally(() => this.pending.delete(name));
    this.pending.set(name, asked);
    return asked;
  }

  private async addressOf(host: string, family: Family): Promise<string | undefined> {
    try {
      return canonicalAddress(await this.lookup(host, family));
    } catch (error) {
      if (isOutage(error))
        throw new Unavailable(`the resolver cannot look up ${JSON.stringify(host)} now`, RETRY_AFTER_SECONDS, {
          cause: error,
        });
      return undefined;
    }
  }
}

/** The resolver's answer. Throws `Unavailable` after the time limit. */
async function withTimeout<T>(answer: Promise<T>, host: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Unavailable(`the resolver does not answer for ${JSON.stringify(host)}`, RETRY_AFTER_SECONDS));
    }, LOOKUP_TIMEOUT_MS);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the resolver failed; otherwise the host does not exist or has no address in the family. */
function isOutage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && OUTAGES.has(String(error.code));
}

/** Whether a text can be a host name; `198.129.254` and `10.1.1.0/24` are neither names nor addresses. */
function isHostName(text: string): boolean {
  return /^(?=.{1,253}$)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/.test(text) && !/^[\d.]+$/.test(text);
}
