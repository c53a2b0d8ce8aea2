import { type ArchiveError } from '../../common/errors.js';
import { type WriteRequest } from './write-request.js';

/** Some requests of a batch can't be stored; `errors` has the reason of each. */
export class RefusedRequests extends Error {
  constructor(readonly errors: ReadonlyMap<WriteRequest, ArchiveError>) {
    super('some requests cannot be stored');
  }
}
