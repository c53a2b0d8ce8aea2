import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { parseHead } from '../parse/head.js';
import { KnownHead, NO_ROOM } from './known-head.js';

/** The bounds of the cache: heads, and an estimate of their memory. */
const MAX_HEADS = 100_000;
const MAX_BYTES = 128 * 1024 ** 2;

/** What a head and one of its fields need, besides the text. */
const HEAD_BYTES = 600;
const FIELD_BYTES = 400;

/** The heads of lines that were written last, by database and text. */
@Injectable()
export class KnownHeads {
  private readonly heads = new LRUCache<string, KnownHead>({
    max: MAX_HEADS,
    maxSize: MAX_BYTES,
    // The text stands there as key, and once more in measurement and tags.
    sizeCalculation: ({ registered }, { length }) =>
      HEAD_BYTES + 4 * length + FIELD_BYTES * (registered?.series.size ?? 0),
  });

  /**
   * Reads the heads of a request as `parseHead` does, or gives those that were kept. `NO_ROOM` takes the place of new ones
   * once there are more than `most`.
   * @param most how many metadata the database can have.
   */
  readerOf(database: string, most: number): (text: string) => KnownHead | string {
    let unknown = 0;
    return (text) => {
      const key = `${database}\n${text}`;
      const known = this.heads.get(key);
      if (known) return known;
      const head = parseHead(text);
      if (typeof head === 'string') return head;
      unknown++;
      // Copied, because a part of a text keeps all of it in memory.
      return unknown > most ? NO_ROOM : new KnownHead(head, Buffer.from(key).toString());
    };
  }

  /** Keeps a head as it is now. */
  keep(head: KnownHead): void {
    this.heads.set(head.key, head);
  }

  /** Forgets what is known of a head. */
  forget(head: KnownHead): void {
    head.registered = undefined;
    this.heads.delete(head.key);
  }
}
