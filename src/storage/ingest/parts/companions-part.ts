import { ArchiveError } from '../../../common/errors.js';
import { RefusedRequests } from '../refused-requests.js';
import { type WriteBatch } from '../write-batch.js';
import { type WriteRequest } from '../write-request.js';
import { type BatchPart, type BatchTransaction } from './batch-part.js';

/** What the requests of a batch store beside their points: see `Companion`. */
export class CompanionsPart implements BatchPart {
  constructor(private readonly batch: WriteBatch) {}

  /** Throws `RefusedRequests` with those that must not be stored. */
  async lock({ sql }: BatchTransaction): Promise<void> {
    const errors = new Map<WriteRequest, ArchiveError>();
    for (const request of this.batch.requests)
      try {
        await request.companion?.check(sql);
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        errors.set(request, error);
      }
    if (errors.size > 0) throw new RefusedRequests(errors);
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    return this.batch.requests.flatMap(({ companion }) => companion?.write(sql) ?? []);
  }
}
