import { Injectable } from '@nestjs/common';
import { AddressRange, canonicalAddress } from '../common/address.js';
import { type StoredLimits } from '../storage/schema/access.entity.js';
import { NetworkStore, type StoredNetwork } from '../storage/access/network-store.js';
import { operator, type Rights } from './caller.js';
import { type Scope } from './scope.js';
import { SubjectLimits } from './subject-limits.js';

/** How long the list of networks is used before it is read again. */
const CACHE_TTL_MS = 2000;

interface Network {
  readonly range: AddressRange;
  readonly rights: Rights;
}

/** Adds, lists and removes networks, and finds the one that an address lies in. */
@Injectable()
export class NetworkService {
  /** The longest ranges first: the first that fits is the most specific one. */
  private known: readonly Network[] = [];
  private loaded = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(private readonly store: NetworkStore) {}

  /** Lets the clients in these ranges act as a user; returns the ranges as they are kept. Known ones are replaced. */
  add(username: string, ranges: readonly AddressRange[], scope: Scope, limits: StoredLimits | null): Promise<string[]> {
    return this.store.add(username, ranges.map(String), scope, limits, operator());
  }

  /** All networks, in the order of their addresses. */
  list(): Promise<StoredNetwork[]> {
    return this.store.list();
  }

  /** Ends a network; servers notice within two seconds. Returns whose it was, `undefined` where there is none. */
  remove(range: AddressRange): Promise<string | undefined> {
    return this.store.remove(String(range), operator());
  }

  /** The rights of a client without a key at this address, by the most specific network; `undefined` where none fits. */
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
  if (!parsed) throw new Error(`the network ${range} is none`);
  return { range: parsed, rights: { id: null, username, scope, limits: limits && new SubjectLimits(limits) } };
}
