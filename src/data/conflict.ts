import { Conflict, type ConflictingPoint } from '../common/errors.js';
import { formatSeconds } from '../common/time.js';
import { type WriteOutcome } from '../storage/ingest/write-request.js';

/** The place of a point, as clients name it. */
interface NamedPoint {
  readonly micros: number;
  readonly eventType: string;
}

/**
 * The conflict to report for a request; `undefined` where all were stored.
 * @param pointAt the point of an index of the outcome.
 */
export function conflictOf(
  { stored, conflicts }: WriteOutcome,
  pointAt: (index: number) => NamedPoint | undefined,
): Conflict | undefined {
  if (conflicts.length === 0) return undefined;
  const skipped = conflicts.flatMap((index) => pointAt(index) ?? []);
  return new Conflict(describe(skipped), stored, skipped.map(toConflict));
}

function toConflict({ micros, eventType }: NamedPoint): ConflictingPoint {
  return { ts: Number(formatSeconds(micros)), 'event-type': eventType };
}

function describe(skipped: readonly NamedPoint[]): string {
  const [first] = skipped;
  if (!first) return '';
  const point = `${first.eventType} has a point at ${formatSeconds(first.micros)} already`;
  return skipped.length === 1 ? point : `${point}, and ${skipped.length - 1} more points were there`;
}
