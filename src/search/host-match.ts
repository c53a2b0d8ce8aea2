import { lookup } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { canonicalAddress } from '../common/address.js';
import { Invalid } from '../common/errors.js';

/** How long to wait for the system's resolver, and how long its answer is kept, in milliseconds. */
const LOOKUP_TIMEOUT = 3000;
const LOOKUP_TRUST = 60_000;

type Family = 4 | 6;

/** Which families each rule asks for, in order, and whether it stops at the first that has an address. */
export const DNS_RULES: Readonly<Record<string, { families: readonly Family[]; firstOnly: boolean }>> = {
  v4v6: { families: [4, 6], firstOnly: false },
  'only-v4': { families: [4], firstOnly: false },
  'only-v6': { families: [6], firstOnly: false },
  'prefer-v4': { families: [4, 6], firstOnly: true },
  'prefer-v6': { families: [6, 4], firstOnly: true },
};

/** Asks for the first address of a host in one family; rejects where there is none. */
export type Lookup = (host: string, family: Family) => Promise<string>;

const systemLookup: Lookup = async (host, family) => (await lookup(host, { family })).address;

/** Turns the hosts of a search into addresses, by literal or by name. */
@Injectable()
export class HostMatch {
  private readonly cache = new LRUCache<string, { address: string | undefined }>({ max: 10_000, ttl: LOOKUP_TRUST });
  /** The system's resolver (so that /etc/hosts counts); tests, which have no network, put another in its place. */
  lookup: Lookup = systemLookup;

  /**
   * The addresses that match a host under a `dns-match-rule` (absent: both families): at most one of each family,
   * canonical. Throws `Invalid`, naming `field` or the rule, where the rule is unknown or no address is found.
   */
  async addressesOf(field: string, host: string, rule = 'v4v6'): Promise<string[]> {
    const how = Object.hasOwn(DNS_RULES, rule) ? DNS_RULES[rule] : undefined;
    if (!how) throw new Invalid(`dns-match-rule: expected one of ${Object.keys(DNS_RULES).join(', ')}, got "${rule}"`);
    const addresses: string[] = [];
    if (how.firstOnly) {
      for (const family of how.families) if (addresses.length === 0) addresses.push(...(await this.find(host, family)));
    } else {
      addresses.push(...(await Promise.all(how.families.map((family) => this.find(host, family)))).flat());
    }
    if (addresses.length === 0) throw new Invalid(`${field}: ${JSON.stringify(host)} has no address under ${rule}`);
    return addresses;
  }

  /** The address of the host in the family, if it has one. */
  private async find(host: string, family: Family): Promise<string[]> {
    const literal = canonicalAddress(host);
    if (literal !== undefined) return literal.includes(':') === (family === 6) ? [literal] : [];
    if (!isHostName(host)) return [];
    const name = `${family} ${host.toLowerCase()}`;
    let known = this.cache.get(name);
    if (!known) {
      known = await this.ask(host, family);
      if (known) this.cache.set(name, known);
    }
    return known?.address === undefined ? [] : [known.address];
  }

  /** What the resolver says; `undefined` where it does not answer in time, which is not to be remembered. */
  private async ask(host: string, family: Family): Promise<{ address: string | undefined } | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, LOOKUP_TIMEOUT, undefined);
    });
    try {
      const address = await Promise.race([this.lookup(host, family), timeout]);
      return address === undefined ? undefined : { address: canonicalAddress(address) };
    } catch {
      return { address: undefined };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether a text can be a host's name at all; `198.129.254` or `10.1.1.0/24` are neither name nor address. */
function isHostName(text: string): boolean {
  return /^(?=.{1,253}$)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/.test(text) && !/^[\d.]+$/.test(text);
}
