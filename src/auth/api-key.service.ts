import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { IsNull, Repository } from 'typeorm';
import { ApiKey } from './api-key.entity.js';
import { type Scope } from './scope.js';

/** How long a verified key is trusted without asking the database again, in milliseconds. */
const TRUST = 2000;

/** A key just issued: the only time it is known in clear. */
export interface IssuedKey {
  readonly id: number;
  /** 40 lower-case hexadecimal digits. */
  readonly key: string;
}

/** Issues, lists, revokes and verifies API keys. */
@Injectable()
export class ApiKeyService {
  private readonly verified = new LRUCache<string, { key: ApiKey | null }>({ max: 1000, ttl: TRUST });

  constructor(@InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>) {}

  /** Makes a new key for a user; earlier keys of the user go on working. */
  async issue(username: string, scope: Scope): Promise<IssuedKey> {
    const key = randomBytes(20).toString('hex');
    const { id } = await this.keys.save({ username, scope, digest: digestOf(key) });
    return { id, key };
  }

  /** All keys, revoked ones included, in the order of their making. */
  list(): Promise<ApiKey[]> {
    return this.keys.find({ order: { id: 'ASC' } });
  }

  /** Whether there is any key that works. */
  async hasAny(): Promise<boolean> {
    return this.keys.existsBy({ revoked: IsNull() });
  }

  /**
   * Ends a key; servers notice within two seconds. Returns the key's record, or `undefined` where there is no such key
   * or it was revoked before.
   */
  async revoke(id: number): Promise<ApiKey | undefined> {
    const key = await this.keys.findOneBy({ id, revoked: IsNull() });
    if (!key) return undefined;
    key.revoked = new Date();
    return this.keys.save(key);
  }

  /** The record of a working key, or `null`. Comparing digests tells an attacker nothing of the key by its timing. */
  async verify(key: string): Promise<ApiKey | null> {
    const digest = digestOf(key);
    const name = digest.toString('base64');
    const known = this.verified.get(name);
    if (known) return known.key;
    const record = await this.keys.findOneBy({ digest, revoked: IsNull() });
    this.verified.set(name, { key: record });
    return record;
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
