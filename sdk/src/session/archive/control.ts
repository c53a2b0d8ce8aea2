import { type JsonValue } from '../../json-value.js';
import { type SessionInfo, type StreamInfo } from '../backend.js';
import { type Meta } from '../meta.js';
import { type RecordKind } from './spool-record.js';

/** A record of a spool that is no points: a request with a body of JSON. */
export interface Control {
  /** The stream that it is about; the session where there is none. */
  readonly stream?: string;
  readonly body: Readonly<Record<string, JsonValue>>;
}

/** The kinds of such records. */
export type ControlKind = Exclude<RecordKind, 'points' | 'post'>;

/** The request of a kind. */
export const REQUESTS = {
  session: { method: 'PUT', path: '' },
  stream: { method: 'PUT', path: '' },
  patch: { method: 'PATCH', path: '' },
  close: { method: 'POST', path: '/close' },
  interrupt: { method: 'POST', path: '/interrupt' },
} as const satisfies Record<ControlKind, object>;

/** The path of what a record is about, below its session. */
export function pathOf(kind: ControlKind, { stream }: Control): string {
  return (stream === undefined ? '' : `/streams/${stream}`) + REQUESTS[kind].path;
}

/** Creates a session. */
export function sessionControl({ name, operator, testStart, meta }: SessionInfo): Control {
  return {
    body: {
      ...(name !== undefined && { name }),
      ...(operator !== undefined && { operator }),
      'test-start': testStart,
      meta,
    },
  };
}

/** Registers a stream. @param raw whether its points are kept. */
export function streamControl(stream: StreamInfo, raw: boolean): Control {
  const { id, type, name, aggregate, parent, windows, meta } = stream;
  const types = type === 'metric' ? ['quantiles', 'distribution'] : ['categories'];
  const summaries = windows.flatMap((window) =>
    types.map((summary) => ({ 'summary-type': summary, 'summary-window': window })),
  );
  return {
    stream: id,
    body: {
      type,
      ...(name !== undefined && { name }),
      meta,
      raw,
      aggregate,
      parent: parent ?? null,
      case: stream.case ?? null,
      ...(aggregate && { summaries }),
    },
  };
}

/** Changes the name and the meta of a session. */
export function sessionPatch({ name, ...meta }: Meta): Control {
  return { body: { ...(typeof name === 'string' && { name }), meta } };
}

/** Changes the name and the meta of a stream, whose meta has the name, too. */
export function streamPatch(stream: string, meta: Meta): Control {
  return { stream, body: { ...(typeof meta.name === 'string' && { name: meta.name }), meta } };
}
