import { Injectable } from '@nestjs/common';
import { AddressRange, canonicalAddress } from '../common/address.js';
import { type StoredLimits } from '../storage/schema/access.entity.js';
import { NetworkStore, type StoredNetwork } from '../storage/access/network-store.js';
import { operator, type Rights } from './caller.js';
import { type Scope } from './scope.js';
import { SubjectLimits } from './subject-limits.js';

/** The lifetime of the cached list of networks. */
const CACHE_TTL_MS = 2000;

interface Network {
  readonly range: AddressRange;
  readonly rights: Rights;
}

/** Adds, lists and removes networks, and finds the network of an address. */
@Injectable()
export class NetworkService {
  /** The longest prefixes first, so that the first match is the most specific one. */
  private known: readonly Network[] = [];
  private loaded = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(private readonly store: NetworkStore) {}

  /**
   * Lets clients in these ranges act as a user; replaces networks with the same ranges. Returns the canonical ranges.
   */
  add(username: string, ranges: readonly AddressRange[], scope: Scope, limits: StoredLimits | null): Promise<string[]> {
    return this.store.add(username, ranges.map(String), scope, limits, operator());
  }

  /** All networks, in the order of their addresses. */
  list(): Promise<StoredNetwork[]> {
    return this.store.list();
  }

  /** Removes a network; servers notice within two seconds. Returns its user, or `undefined` if there is none. */
  remove(range: AddressRange): Promise<string | undefined> {
    return this.store.remove(String(range), operator());
  }

  /**
   * The rights of a client without a key, by the most specific network of its address; `undefined` if there is none.
   */
  async find(ip: string): Promise<Rights | undefined> {
    if (performance.now() - this.loaded > CACHE_TTL_MS) await (this.loading ??= this.load());
    if (this.known.length === 0) return undefined;
    const address = canonicalAddress(ip);
    if (address === undefined) return undefined;
    return this.known.find(({ range }) => range.contains(address))?.rights;
  }

  private async load(): Promise<void> {
    try {
      const asked = performance.now();
      const networks = (await this.store.list()).map(toNetwork);
      this.known = networks.sort((a, b) => b.range.length - a.range.length);
      this.loaded = asked;
    } finally {
      this.loading = undefined;
    }
  }
}

function toNetwork({ range, username, scope, limits }: StoredNetwork): Network {
  const parsed = AddressRange.parse(range);
  if (!parsed) throw new Error(`invalid network ${range}`);
  return { range: parsed, rights: { id: null, username, scope, limits: limits && new SubjectLimits(limits) } };
}
