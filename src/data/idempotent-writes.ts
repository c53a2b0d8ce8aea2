import { Injectable } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { ArchiveError, KeyReused } from '../common/errors.js';
import { type RequestKey } from '../http/idempotency-key.js';
import { IdempotencyStore, type KeptAnswer, type KeyClaim, Repeated } from '../storage/ingest/idempotency-store.js';

/** A write in progress. */
interface WriteInProgress {
  readonly digest: Buffer;
  readonly report: Promise<unknown>;
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
   * @param reportOf makes a report of the answer that was kept; `null` is a plain success.
   */
  async once<Report>(
    caller: Caller,
    { key, digest }: RequestKey,
    write: (claim: KeyClaim) => Promise<Report>,
    reportOf: (answer: string | null) => Report,
  ): Promise<Report> {
    const claim: KeyClaim = { caller: callerOf(caller), key, digest };
    const name = `${claim.caller} ${key}`;
    const first = this.inProgress.get(name);
    // The same digest is the same route, whose reports are of one type.
    if (first) return first.digest.equals(digest) ? (first.report as Promise<Report>) : refuse();
    const report = this.writeOrRepeat(claim, write, reportOf).finally(() => this.inProgress.delete(name));
    this.inProgress.set(name, { digest, report });
    return report;
  }

  private async writeOrRepeat<Report>(
    claim: KeyClaim,
    write: (claim: KeyClaim) => Promise<Report>,
    reportOf: (answer: string | null) => Report,
  ): Promise<Report> {
    try {
      return await write(claim);
    } catch (error) {
      const kept = error instanceof Repeated ? error.kept : isRefusal(error) && (await this.keys.find(claim));
      if (!kept) throw error;
      return reportOf(answerOf(kept, claim));
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

function answerOf({ digest, answer }: KeptAnswer, claim: KeyClaim): string | null {
  return digest.equals(claim.digest) ? answer : refuse();
}

function refuse(): never {
  throw new KeyReused('Idempotency-Key: this key was used for another request');
}
