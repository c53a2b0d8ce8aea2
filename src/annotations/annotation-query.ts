import { Invalid } from '../common/errors.js';
import { parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { isTime } from '../sessions/micros.js';
import { ANNOTATION_KINDS } from '../storage/annotations/annotation-sources.js';
import { type AnnotationSearch } from '../storage/annotations/annotation.js';

/** How many annotations, or tags, an answer has unless `limit` says otherwise. */
export const DEFAULT_ANNOTATIONS = 100;

/** How many it may have at most. */
export const MAX_ANNOTATIONS = 10_000;

/** The units of times on the wire, in micros. */
export const EPOCHS = { ms: 1000, us: 1 } as const;

/** The unit of times in a request and its answer, in micros. Throws `Invalid` for an unknown `epoch`. */
export function epochOf({ epoch = 'ms' }: Query): number {
  if (epoch === 'ms' || epoch === 'us') return EPOCHS[epoch];
  throw new Invalid(`epoch: expected ms or us, got ${JSON.stringify(epoch)}`);
}

/** The annotations that a query string asks for, without its tags. Throws `Invalid`, naming the parameter. */
export function parseSearch(query: Query): Omit<AnnotationSearch, 'tags'> {
  const { type, matchAny, session, dashboardUID, panelId } = query;
  const kind = ANNOTATION_KINDS.find((one) => one === type);
  if (type !== undefined && !kind)
    throw new Invalid(`type: expected ${ANNOTATION_KINDS.join(', ')}, got ${JSON.stringify(type)}`);
  const unit = epochOf(query);
  const to = timeIn(query, 'to');
  return {
    kind,
    from: microsOf(timeIn(query, 'from') ?? -Infinity, unit),
    // All of its unit: a time is cut down to it when it is shown.
    to: microsOf(to === undefined ? Infinity : to + 1, unit) - 1,
    matchAny: matchAny === 'true',
    session,
    metadataKey: query['metadata-key'],
    data: Object.entries({ dashboardUID, panelId }).flatMap(([name, text]) =>
      text === undefined || text === '' ? [] : [[name, text] as const],
    ),
    limit: limitOf(query),
  };
}

/** How many rows an answer may have. Throws `Invalid` where it asks for more than 10,000. */
export function limitOf(query: Query): number {
  const { limit } = parsePage({ limit: String(DEFAULT_ANNOTATIONS), ...query });
  if (limit > MAX_ANNOTATIONS) throw new Invalid(`limit: expected at most ${MAX_ANNOTATIONS}, got ${limit}`);
  return limit;
}

function timeIn(query: Query, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw new Invalid(`${name}: expected a whole number, got ${JSON.stringify(text)}`);
  return Number(text);
}

/** Bounds beyond all times are infinite. */
function microsOf(time: number, unit: number): number {
  const micros = time * unit;
  return isTime(micros) ? micros : Math.sign(micros) * Infinity;
}
