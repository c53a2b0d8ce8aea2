import { type Caller } from '../auth/caller.js';
import { NotFound } from '../common/errors.js';
import { type RequestKey } from '../http/idempotency-key.js';
import { type PostedPoints } from './posted-points.js';

/** The metadata lacks the event type of a point; nothing was stored. */
export class NotRegistered extends NotFound {}

/** A request to store points, as it was posted. */
export interface PostedWrite {
  readonly points: PostedPoints;
  readonly caller: Caller;
  /** The metadata that the path names; it must exist even where there are no points. */
  readonly metadataKey?: string;
  /** Whether a point that is there already with the same value is no conflict. */
  readonly takesRepeats?: boolean;
  /** Whether a point whose event type is not registered refuses the request (`NotRegistered`), and is not dropped. */
  readonly dropsNothing?: boolean;
  /** The `Idempotency-Key` of a request that may be sent again. */
  readonly requestKey?: RequestKey | undefined;
}
