import { BUILT_IN } from '../event-types/catalogue.js';
import { type DataTypeName } from '../event-types/data-types.js';
import { type StreamType } from '../storage/sessions/stream-store.js';

/** The types of streams; each is the name of an event type, too. */
export const STREAM_TYPES = ['metric', 'event'] as const satisfies readonly StreamType[];

/** The data type of the points of a stream. */
export function dataTypeOf(type: StreamType): DataTypeName {
  const info = BUILT_IN.get(type);
  if (!info) throw new Error(`no event type ${type}`);
  return info.dataType;
}
