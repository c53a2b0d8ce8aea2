import { LRUCache } from 'lru-cache';

/** Remembers what belongs to metadata keys, those asked for last, and asks only for what it does not know. */
export class Remembered<Value extends object> {
  private readonly known: LRUCache<string, Value>;

  /**
   * @param most how many keys are remembered.
   * @param find what belongs to keys that are not known; an unknown key is missing in its result.
   */
  constructor(
    most: number,
    private readonly find: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  ) {
    this.known = new LRUCache<string, Value>({ max: most });
  }

  /** What belongs to these keys, as remembered where possible; an unknown key is missing in the result. */
  async get(keys: Iterable<string>): Promise<Map<string, Value>> {
    const found = new Map<string, Value>();
    const missing: string[] = [];
    for (const key of keys) {
      const value = this.known.get(key);
      if (value) found.set(key, value);
      else missing.push(key);
    }
    if (missing.length > 0)
      for (const [key, value] of await this.find(missing)) {
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
