import { Injectable } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { ArchiveError, KeyReused } from '../common/errors.js';
import { type RequestKey } from '../http/idempotency-key.js';
import { IdempotencyStore, type KeptAnswer, type KeyClaim, Repeated } from '../storage/ingest/idempotency-store.js';
import { ALL_STORED, parseReport, type WriteReport } from './write-report.js';

/** A write that is under way. */
interface Underway {
  readonly digest: Buffer;
  readonly ending: Promise<WriteReport>;
}

/**
 * Lets writes with an `Idempotency-Key` take place once, and end the same way each time: the first one's key is stored
 * in the transaction of its points. Of those that come at a time to this process one takes place, and the others wait
 * for it; of those that come to several processes, PostgreSQL lets one pass.
 */
@Injectable()
export class IdempotentWrites {
  private readonly underway = new Map<string, Underway>();

  constructor(private readonly keys: IdempotencyStore) {}

  /**
   * Ends as `write` does, or as it did the first time. Throws `KeyReused` where the key belongs to another request.
   * @param write stores the points together with the claim, and throws `Repeated` where the claim is there already.
   */
  async once(
    caller: Caller,
    { key, digest }: RequestKey,
    write: (claim: KeyClaim) => Promise<WriteReport>,
  ): Promise<WriteReport> {
    const claim: KeyClaim = { caller: callerOf(caller), key, digest };
    const name = `${claim.caller} ${key}`;
    const first = this.underway.get(name);
    if (first) return first.digest.equals(digest) ? first.ending : refuse();
    const ending = this.take(claim, write).finally(() => this.underway.delete(name));
    this.underway.set(name, { digest, ending });
    return ending;
  }

  private async take(claim: KeyClaim, write: (claim: KeyClaim) => Promise<WriteReport>): Promise<WriteReport> {
    try {
      return await write(claim);
    } catch (error) {
      const kept = error instanceof Repeated ? error.kept : isRefusal(error) && (await this.keys.find(claim));
      if (!kept) throw error;
      return repeat(kept, claim);
    }
  }
}

/** Who may use a key again: the same API key, or the same user's networks. */
function callerOf({ keyId, username }: Caller): string {
  return keyId === null ? `network:${username}` : `key:${keyId}`;
}

/** Whether nothing was stored and never will be: what was possible the first time may not be now, since it is deleted. */
function isRefusal(error: unknown): boolean {
  return error instanceof ArchiveError && error.status < 500;
}

function repeat({ digest, answer }: KeptAnswer, claim: KeyClaim): WriteReport {
  if (!digest.equals(claim.digest)) refuse();
  return answer === null ? ALL_STORED : parseReport(answer);
}

function refuse(): never {
  throw new KeyReused('Idempotency-Key: this key was used for another request');
}
