import { Conflict, type ConflictingPoint } from '../common/errors.js';
import { formatSeconds } from '../common/time.js';
import { type WriteOutcome } from '../storage/ingest/write-request.js';
import { type PostedPoint } from './parse-points.js';

/** The conflict to report for a request with these points; `undefined` where all were stored. */
export function conflictOf(points: readonly PostedPoint[], { stored, conflicts }: WriteOutcome): Conflict | undefined {
  if (conflicts.length === 0) return undefined;
  const skipped = conflicts.flatMap((index) => points[index] ?? []);
  return new Conflict(describe(skipped), stored, skipped.map(toConflict));
}

function toConflict({ micros, eventType }: PostedPoint): ConflictingPoint {
  return { ts: Number(formatSeconds(micros)), 'event-type': eventType };
}

function describe(skipped: readonly PostedPoint[]): string {
  const [first] = skipped;
  if (!first) return '';
  const point = `${first.eventType} has a point at ${formatSeconds(first.micros)} already`;
  return skipped.length === 1 ? point : `${point}, and ${skipped.length - 1} more points were there`;
}
