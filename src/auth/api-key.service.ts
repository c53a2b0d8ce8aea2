import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { SharedLookups } from '../common/shared-lookups.js';
import { type StoredLimits } from '../storage/schema/access.entity.js';
import { type Expiry, KeyStore, type ListedKey } from '../storage/access/key-store.js';
import { operator, type Rights } from './caller.js';
import { type Scope } from './scope.js';
import { SubjectLimits } from './subject-limits.js';

/** The lifetime of a verified key in the cache. */
export const KEY_TTL_MS = 2000;

/** The size of the cache of valid keys and of that of invalid ones, so that guesses do not evict valid keys. */
const CACHE_SIZE = 1000;

/** A new key; only here it is known in clear text. */
export interface IssuedKey {
  readonly id: number;
  /** 40 lower-case hexadecimal digits. */
  readonly key: string;
}

/** Options of a new key. */
export interface KeyOptions {
  readonly expiry?: Expiry;
  readonly limits?: StoredLimits | null;
}

/** A verified key. */
interface VerifiedKey {
  readonly rights: Rights;
  /** When it has to be looked up again, by this process's monotonic clock, in milliseconds. */
  readonly until: number;
}

/**
 * Issues, lists, rotates, revokes and verifies API keys. Keys are looked up by their SHA-256, so the timing of
 * comparisons reveals nothing about a key. Those just verified are recalled by their text, from a map that compares a
 * text only where its seeded hash is the same.
 */
@Injectable()
export class ApiKeyService {
  private readonly verified = new LRUCache<string, VerifiedKey>({ max: CACHE_SIZE });
  /** By their digests, because a wrong key may be long. */
  private readonly refused = new LRUCache<string, true>({ max: CACHE_SIZE, ttl: KEY_TTL_MS });
  private readonly lookups = new SharedLookups((key) => this.find(key));
  /** The digests of all valid keys, and when they were read. Only read while some address guesses keys. */
  private validDigests = new Set<string>();
  private validSince = -Infinity;
  private readonly listings = new SharedLookups(() => this.readValid());

  constructor(private readonly store: KeyStore) {}

  /** Issues a key to a user. Earlier keys of the user stay valid. */
  async issue(
    username: string,
    scope: Scope,
    { expiry = 'never', limits = null }: KeyOptions = {},
  ): Promise<IssuedKey> {
    const key = newKey();
    const id = await this.store.issue(digestOf(key), { username, scope, limits }, expiry, operator());
    this.validDigests.add(textDigestOf(key));
    return { id, key };
  }

  /**
   * Issues a key with the rights of another one. Both are valid during the overlap, in seconds.
   * @param expiry when the new key expires; by default it gets the lifetime of the old one.
   * Returns `undefined` if there is no valid key with this number.
   */
  async rotate(
    id: number,
    overlap: number,
    expiry?: Expiry,
  ): Promise<(IssuedKey & { readonly username: string }) | undefined> {
    const key = newKey();
    const successor = await this.store.rotate(id, digestOf(key), overlap, expiry, operator());
    if (successor) this.validDigests.add(textDigestOf(key));
    return successor && { ...successor, key };
  }

  /** All keys, including those that are no longer valid, by number. */
  list(): Promise<ListedKey[]> {
    return this.store.list();
  }

  /** Whether there is a valid key. */
  hasAny(): Promise<boolean> {
    return this.store.hasAny();
  }

  /**
   * Revokes a key; servers notice within two seconds. Returns its user, or `undefined` if there is no valid key with
   * this number.
   */
  revoke(id: number): Promise<string | undefined> {
    return this.store.revoke(id, operator());
  }

  /** The rights of a key that was verified in the last two seconds and has not expired since. */
  recall(key: string): Rights | undefined {
    const known = this.verified.get(key);
    return known && performance.now() < known.until ? known.rights : undefined;
  }

  /** The rights of a key, or `null` if it is not valid. */
  async verify(key: string): Promise<Rights | null> {
    return this.recall(key) ?? (this.refused.has(textDigestOf(key)) ? null : this.lookups.get(key));
  }

  /**
   * Whether a key may be valid, for clients that have sent too many wrong ones. Reads all valid keys at once, at most
   * every two seconds, instead of looking the key up. It does not know a key that another process has issued since.
   */
  async mayBeValid(key: string): Promise<boolean> {
    if (performance.now() - this.validSince > KEY_TTL_MS) await this.listings.get('all');
    return this.validDigests.has(textDigestOf(key));
  }

  private async readValid(): Promise<void> {
    // A request that waited for the previous listing needs no other one.
    if (performance.now() - this.validSince < KEY_TTL_MS) return;
    const asked = performance.now();
    this.validDigests = new Set((await this.store.validDigests()).map((digest) => digest.toString('base64')));
    this.validSince = asked;
  }

  private async find(key: string): Promise<Rights | null> {
    // Read the clock before the query, so that the key never outlives its expiry.
    const asked = performance.now();
    const found = await this.store.find(digestOf(key));
    if (!found) {
      this.verified.delete(key);
      this.refused.set(textDigestOf(key), true);
      return null;
    }
    const { id, username, scope, limits, secondsLeft } = found;
    const rights = { id, username, scope, limits: limits && new SubjectLimits(limits) };
    this.verified.set(key, { rights, until: asked + Math.min(KEY_TTL_MS, (secondsLeft ?? Infinity) * 1000) });
    return rights;
  }
}

/** A key's digest in base64, as the sets of digests have it. */
function textDigestOf(key: string): string {
  return hash('sha256', key, 'base64');
}

function newKey(): string {
  return randomBytes(20).toString('hex');
}

function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
