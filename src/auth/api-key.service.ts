import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { SharedLookups } from '../common/shared-lookups.js';
import { type StoredLimits } from '../storage/schema/access.entity.js';
import { type Expiry, KeyStore, type ListedKey } from '../storage/access/key-store.js';
import { operator, type Rights } from './caller.js';
import { type Scope } from './scope.js';
import { SubjectLimits } from './subject-limits.js';

/** How long a verified key is accepted without another look-up. */
export const KEY_TTL_MS = 2000;

/** Entries of the cache of valid keys, and of that of invalid ones: guesses do not evict valid keys. */
const CACHE_SIZE = 1000;

/** A key just issued: the only time it is known in clear. */
export interface IssuedKey {
  readonly id: number;
  /** 40 lower-case hexadecimal digits. */
  readonly key: string;
}

/** What a new key may have besides its user and scope. */
export interface KeyOptions {
  readonly expiry?: Expiry;
  readonly limits?: StoredLimits | null;
}

/** A key that works, until a moment of this process's clock. */
interface TrustedKey {
  readonly rights: Rights;
  readonly until: number;
}

/**
 * Issues, lists, rotates, revokes and verifies API keys. A key is only ever looked for by its SHA-256: comparing
 * digests tells an attacker nothing of the key by its timing.
 */
@Injectable()
export class ApiKeyService {
  private readonly verified = new LRUCache<string, TrustedKey>({ max: CACHE_SIZE, ttl: KEY_TTL_MS });
  private readonly refused = new LRUCache<string, true>({ max: CACHE_SIZE, ttl: KEY_TTL_MS });
  private readonly lookups = new SharedLookups((digest) => this.find(digest));
  /** The digests of all keys that work, and when they were read; empty until somebody has to be kept from guessing. */
  private working = new Set<string>();
  private workingSince = -Infinity;
  private readonly listings = new SharedLookups(() => this.readWorking());

  constructor(private readonly store: KeyStore) {}

  /** Makes a new key for a user; earlier keys of the user go on working. */
  async issue(
    username: string,
    scope: Scope,
    { expiry = 'never', limits = null }: KeyOptions = {},
  ): Promise<IssuedKey> {
    const key = newKey();
    const id = await this.store.issue(digestOf(key), { username, scope, limits }, expiry, operator());
    this.working.add(nameOf(key));
    return { id, key };
  }

  /**
   * Makes a key with the rights of another one; both work until the overlap is over, in seconds.
   * @param expiry when the new one ends; unless it is given, after as long a life as the old one was meant to have.
   * Returns `undefined` where there is no working key of this number.
   */
  async rotate(
    id: number,
    overlap: number,
    expiry?: Expiry,
  ): Promise<(IssuedKey & { readonly username: string }) | undefined> {
    const key = newKey();
    const successor = await this.store.rotate(id, digestOf(key), overlap, expiry, operator());
    if (successor) this.working.add(nameOf(key));
    return successor && { ...successor, key };
  }

  /** All keys, also those that work no more, in the order of their making. */
  list(): Promise<ListedKey[]> {
    return this.store.list();
  }

  /** Whether there is any key that works. */
  hasAny(): Promise<boolean> {
    return this.store.hasAny();
  }

  /**
   * Ends a key; servers notice within two seconds. Returns whose it was, or `undefined` where there is no working key
   * of this number.
   */
  revoke(id: number): Promise<string | undefined> {
    return this.store.revoke(id, operator());
  }

  /** The rights of a key, or `null` where it does not work (any more). */
  async verify(key: string): Promise<Rights | null> {
    const name = nameOf(key);
    const known = this.verified.get(name);
    if (known && performance.now() < known.until) return known.rights;
    return this.refused.has(name) ? null : this.lookups.get(name);
  }

  /**
   * Whether a key may work, without a look-up of its own: all keys that work are read at once, every two seconds at most.
   * For clients that have shown too many wrong ones. A key that another process has issued since counts as none.
   */
  async mayWork(key: string): Promise<boolean> {
    if (performance.now() - this.workingSince > KEY_TTL_MS) await this.listings.get('all');
    return this.working.has(nameOf(key));
  }

  private async readWorking(): Promise<void> {
    // Those who have waited for the same listing need no other one.
    if (performance.now() - this.workingSince < KEY_TTL_MS) return;
    const asked = performance.now();
    this.working = new Set((await this.store.workingDigests()).map((digest) => digest.toString('base64')));
    this.workingSince = asked;
  }

  private async find(name: string): Promise<Rights | null> {
    // Before the question, so that the key's last moment is never taken for a later one.
    const asked = performance.now();
    const found = await this.store.find(Buffer.from(name, 'base64'));
    if (!found) {
      this.verified.delete(name);
      this.refused.set(name, true);
      return null;
    }
    const { id, username, scope, limits, secondsLeft } = found;
    const rights = { id, username, scope, limits: limits && new SubjectLimits(limits) };
    this.verified.set(name, { rights, until: secondsLeft === null ? Infinity : asked + secondsLeft * 1000 });
    return rights;
  }
}

/** A key's digest, as the caches name it. */
function nameOf(key: string): string {
  return hash('sha256', key, 'base64');
}

function newKey(): string {
  return randomBytes(20).toString('hex');
}

function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
