import { type RowRange } from '../storage/sessions/stream-ledger.js';
import { type StreamGaps } from '../storage/sessions/session-store.js';
import { type StreamGapObject } from './session.dto.js';

/** The rows below the highest one that are not among these, which are ascending. */
export function gapsOf(received: readonly RowRange[]): RowRange[] {
  let next = 0;
  const gaps: RowRange[] = [];
  for (const { begin, end } of received) {
    if (begin > next) gaps.push({ begin: next, end: begin });
    next = end;
  }
  return gaps;
}

/** What some streams lack. */
export function gapsOfStreams(streams: readonly StreamGaps[]): StreamGapObject[] {
  return streams.flatMap(({ stream, received }) =>
    gapsOf(received).map(({ begin, end }) => ({ stream, from: begin, to: end })),
  );
}
