import { type ArchiveError, Unavailable } from '../../common/errors.js';
import { type WriteRequest } from './write-request.js';

/** Some requests of a batch can't be stored; `errors` has the reason of each. */
export class RefusedRequests extends Error {
  constructor(readonly errors: ReadonlyMap<WriteRequest, ArchiveError>) {
    super('some requests cannot be stored');
  }
}

/** Another point is at a place that had to be free: the same request may be sent with another time. */
export class PlaceTaken extends Unavailable {
  constructor() {
    super('other points have the times of this request, try again');
  }
}
