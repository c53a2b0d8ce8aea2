import { type StreamInfo } from './backend.js';
import { checkId, newStreamId } from './id.js';
import { copyOfMeta, type MetaInput, nameIn } from './meta.js';
import { type Events, type Metric } from './stream.js';

/** How a stream is kept. */
export interface StreamOptions {
  /** A new random one unless given. One stream belongs to one session object: its rows are counted there. */
  id?: string | undefined;
  /** Whether its points are kept; they are unless given. */
  raw?: boolean | undefined;
  /** Whether each second of it is summed up: quantiles and distribution, or counts of each text. */
  aggregate?: boolean | undefined;
  /** A stream of the same session that this one belongs to. */
  parent?: Metric | Events | undefined;
  /** What of the test this is about. */
  case?: string | undefined;
  /** The lengths, in whole seconds, of the windows that an archive sums up: [1] unless given. */
  windows?: readonly number[] | undefined;
}

/** What a new stream is. Throws a `RangeError` or `TypeError` for what an archive would refuse. */
export function streamInfoOf(type: StreamInfo['type'], meta: MetaInput, options: StreamOptions): StreamInfo {
  const { id = newStreamId(), raw = true, aggregate = false, parent, windows = [1] } = options;
  if (!raw && !aggregate) throw new RangeError('raw, aggregate: at least one must be true, else nothing is kept');
  for (const window of windows)
    if (!Number.isSafeInteger(window) || window < 1)
      throw new RangeError(`windows: expected whole seconds from 1 on, got ${window}`);
  const copy = copyOfMeta('the stream', meta);
  return {
    id: checkId('id', id),
    type,
    name: nameIn('the stream', copy),
    case: options.case,
    parent: parent?.id,
    raw,
    aggregate,
    windows: [...windows],
    meta: copy,
  };
}
