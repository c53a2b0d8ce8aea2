import { LRUCache } from 'lru-cache';
import { SharedLookups } from '../../common/shared-lookups.js';

/** LRU read-through cache keyed by metadata key, or another name. */
export class ReadThroughCache<Value extends object> {
  private readonly known: LRUCache<string, Value>;
  private readonly lookups: SharedLookups<ReadonlyMap<string, Value>>;

  /**
   * @param size the number of keys that are cached.
   * @param find looks up the values of keys that are not cached; an unknown key is missing in its result.
   */
  constructor(
    size: number,
    private readonly find: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  ) {
    this.known = new LRUCache<string, Value>({ max: size });
    this.lookups = new SharedLookups((key) => find([key]));
  }

  /**
   * The values of these keys, from the cache where possible; an unknown key is missing in the result. Concurrent calls
   * for the same single key share a look-up.
   */
  async get(keys: Iterable<string>): Promise<Map<string, Value>> {
    const found = new Map<string, Value>();
    const missing: string[] = [];
    for (const key of keys) {
      const value = this.known.get(key);
      if (value) found.set(key, value);
      else missing.push(key);
    }
    const [first, ...others] = missing;
    if (first !== undefined)
      for (const [key, value] of await (others.length > 0 ? this.find(missing) : this.lookups.get(first))) {
        this.known.set(key, value);
        found.set(key, value);
      }
    return found;
  }

  /** Removes these keys from the cache: the next `get` looks them up. */
  forget(keys: Iterable<string>): void {
    for (const key of keys) this.known.delete(key);
  }
}
