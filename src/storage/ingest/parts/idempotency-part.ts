import { type IdempotencyStore, type KeyClaim } from '../idempotency-store.js';
import { type WriteBatch } from '../write-batch.js';
import { type Idempotency } from '../write-request.js';
import { type BatchPart, type BatchTransaction, type OpenOutcome } from './batch-part.js';

/** The `Idempotency-Key`s of a batch: stored in the transaction of the points, with the answer to repeat. */
export class IdempotencyPart implements BatchPart {
  /** The requests that have a key, with their index in the batch. */
  private readonly keyed: readonly (Idempotency & { readonly index: number })[];
  private readonly claims: readonly KeyClaim[];

  constructor(
    private readonly store: IdempotencyStore,
    { requests }: WriteBatch,
  ) {
    this.keyed = requests.flatMap(({ idempotency }, index) => (idempotency ? [{ ...idempotency, index }] : []));
    this.claims = this.keyed.map(({ claim }) => claim);
  }

  /** Throws `KnownKeys` where requests of the batch took place before. */
  async lock({ sql, ifHeld, expectsConflicts }: BatchTransaction): Promise<void> {
    if (expectsConflicts) await this.store.claimNew(sql, this.claims, ifHeld);
  }

  write({ sql, ifHeld, expectsConflicts }: BatchTransaction): Promise<unknown>[] {
    return expectsConflicts ? [] : [this.store.claim(sql, this.claims, ifHeld)];
  }

  answer({ sql }: BatchTransaction, outcomes: readonly OpenOutcome[]): Promise<unknown>[] {
    const answers = this.keyed.flatMap(({ claim, index, answerOf }) => {
      const outcome = outcomes[index];
      const answer = outcome ? answerOf(outcome) : null;
      return answer === null ? [] : [[claim, answer] as const];
    });
    return [this.store.storeAnswers(sql, answers)];
  }
}
