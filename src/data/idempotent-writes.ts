import { Injectable } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { ArchiveError, KeyReused } from '../common/errors.js';
import { type RequestKey } from '../http/idempotency-key.js';
import { IdempotencyStore, type KeptAnswer, type KeyClaim, Repeated } from '../storage/ingest/idempotency-store.js';
import { ALL_STORED, parseReport, type WriteReport } from './write-report.js';

/** A write in progress. */
interface WriteInProgress {
  readonly digest: Buffer;
  readonly report: Promise<WriteReport>;
}

/**
 * Makes writes with an `Idempotency-Key` take place once, and answers repeats like the first request, whose key is
 * stored in the transaction of its points. Repeats that reach this process during the first request wait for it; of
 * those that reach several processes, PostgreSQL lets one pass.
 */
@Injectable()
export class IdempotentWrites {
  private readonly inProgress = new Map<string, WriteInProgress>();

  constructor(private readonly keys: IdempotencyStore) {}

  /**
   * Resolves or throws as `write` does, or as it did the first time. Throws `KeyReused` where the key was used for
   * another request.
   * @param write stores the points together with the claim, and throws `Repeated` where the key is stored already.
   */
  async once(
    caller: Caller,
    { key, digest }: RequestKey,
    write: (claim: KeyClaim) => Promise<WriteReport>,
  ): Promise<WriteReport> {
    const claim: KeyClaim = { caller: callerOf(caller), key, digest };
    const name = `${claim.caller} ${key}`;
    const first = this.inProgress.get(name);
    if (first) return first.digest.equals(digest) ? first.report : refuse();
    const report = this.writeOrRepeat(claim, write).finally(() => this.inProgress.delete(name));
    this.inProgress.set(name, { digest, report });
    return report;
  }

  private async writeOrRepeat(claim: KeyClaim, write: (claim: KeyClaim) => Promise<WriteReport>): Promise<WriteReport> {
    try {
      return await write(claim);
    } catch (error) {
      const kept = error instanceof Repeated ? error.kept : isRefusal(error) && (await this.keys.find(claim));
      if (!kept) throw error;
      return repeatOf(kept, claim);
    }
  }
}

/** Who may repeat a request: the same API key, or the networks of the same user. */
function callerOf({ keyId, username }: Caller): string {
  return keyId === null ? `network:${username}` : `key:${keyId}`;
}

/**
 * Whether a request is refused for good. Its repeat may be: the first one took place, but its metadata is gone since.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof ArchiveError && error.status < 500;
}

function repeatOf({ digest, answer }: KeptAnswer, claim: KeyClaim): WriteReport {
  if (!digest.equals(claim.digest)) refuse();
  return answer === null ? ALL_STORED : parseReport(answer);
}

function refuse(): never {
  throw new KeyReused('Idempotency-Key: this key was used for another request');
}
