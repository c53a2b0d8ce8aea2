import { type Caller } from '../auth/caller.js';
import { type RequestKey } from '../http/idempotency-key.js';
import { type PostedPoints } from './posted-points.js';

/** A request to store points, as it was posted. */
export interface PostedWrite {
  readonly points: PostedPoints;
  readonly caller: Caller;
  /** The metadata that the path names; it must exist even where there are no points. */
  readonly metadataKey?: string;
  /** The `Idempotency-Key` of a request that may be sent again. */
  readonly requestKey?: RequestKey | undefined;
}
