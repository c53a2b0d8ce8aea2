import { LRUCache } from 'lru-cache';
import { SharedLookups } from '../../common/shared-lookups.js';

/** Remembers what belongs to metadata keys, those asked for last, and asks only for what it does not know. */
export class ReadThroughCache<Value extends object> {
  private readonly known: LRUCache<string, Value>;
  private readonly lookups: SharedLookups<ReadonlyMap<string, Value>>;

  /**
   * @param most how many keys are remembered.
   * @param find what belongs to keys that are not known; an unknown key is missing in its result.
   */
  constructor(
    most: number,
    private readonly find: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  ) {
    this.known = new LRUCache<string, Value>({ max: most });
    this.lookups = new SharedLookups((key) => find([key]));
  }

  /**
   * What belongs to these keys, as remembered where possible; an unknown key is missing in the result. Those who ask for
   * the same single key at a time share a look-up.
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

  /** Forgets these keys: the next `get` asks for them. */
  forget(keys: Iterable<string>): void {
    for (const key of keys) this.known.delete(key);
  }
}
