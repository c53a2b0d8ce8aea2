import { SUMMARY_KINDS } from '../rollups/summary-kinds.js';
import { type StoredStream } from '../storage/sessions/stream-store.js';
import { gapsOf } from './gaps.js';
import { SESSIONS, timeView, type ViewOptions, withMeta } from './session-view.js';
import { type StreamObject } from './stream.dto.js';

/** The path of a stream. */
export function streamPath({ session, id }: Pick<StoredStream, 'session' | 'id'>): string {
  return `${SESSIONS}/${session}/streams/${id}`;
}

/** A stream as JSON. */
export function streamText(stream: StoredStream, view: ViewOptions): string {
  const time = timeView(view);
  const { received } = stream;
  const object: Omit<StreamObject, 'meta'> = {
    stream: stream.id,
    session: stream.session,
    number: stream.number,
    type: stream.type,
    name: stream.name,
    case: stream.caseName,
    parent: stream.parent,
    raw: stream.raw,
    aggregate: stream.aggregate,
    summaries: stream.summaries.map(({ type, window }) => ({
      'summary-type': type,
      'summary-window': window,
      uri: `${streamPath(stream)}/${SUMMARY_KINDS[type].path}/${window}`,
    })),
    'metadata-key': stream.metadataKey,
    rows: received.reduce((sum, { begin, end }) => sum + end - begin, 0),
    'next-row': received.at(-1)?.end ?? 0,
    received: received.map(({ begin, end }) => [begin, end]),
    gaps: gapsOf(received).map(({ begin, end }) => [begin, end]),
    first: time(stream.first),
    last: time(stream.last),
  };
  return withMeta(object, stream.meta);
}
