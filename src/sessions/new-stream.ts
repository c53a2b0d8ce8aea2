import { createHash } from 'node:crypto';
import { Invalid } from '../common/errors.js';
import { parseSlice, stringOf } from '../json/json-text.js';
import { parseSummaries } from '../metadata/parse-event-types.js';
import { type SummaryRegistration } from '../storage/registry/metadata-store.js';
import { subjectOfSession } from '../storage/registry/subject-store.js';
import { type NewStream, type StreamType } from '../storage/sessions/stream-store.js';
import { Meta } from './meta.js';
import { type NewStreamObject } from './stream.dto.js';
import { dataTypeOf } from './stream-types.js';
import { streamParameters } from './stream-parameters.js';

/** The summaries of a stream with aggregates that names none. */
const DEFAULT_SUMMARIES: Readonly<Record<StreamType, readonly SummaryRegistration[]>> = {
  metric: [
    { type: 'quantiles', window: 1 },
    { type: 'distribution', window: 1 },
  ],
  event: [{ type: 'categories', window: 1 }],
};

/** The stream that a body asks for, with its metadata. Throws `Invalid`, naming the field. */
export function newStreamOf(session: string, id: string, body: NewStreamObject): NewStream {
  const { type, case: caseName = null, parent = null, meta = Meta.EMPTY } = body;
  const [raw, aggregate] = [body.raw ?? true, body.aggregate ?? false];
  if (!raw && !aggregate) throw new Invalid('raw, aggregate: at least one must be true, else nothing is kept');
  const summaries = summariesOf(body, aggregate);
  const name = body.name ?? nameIn(meta);
  const stream = { session, id, type, name, caseName, parent, raw, aggregate, summaries };
  const { session: _, ...subject } = subjectOfSession(session);
  return {
    ...stream,
    meta: meta.text,
    metadata: {
      ...subject,
      parameters: streamParameters(stream, meta),
      identity: identityOf(session, id),
      eventTypes: new Map([[type, summaries]]),
    },
  };
}

function summariesOf({ type, summaries }: NewStreamObject, aggregate: boolean): readonly SummaryRegistration[] {
  if (summaries == null) return aggregate ? DEFAULT_SUMMARIES[type] : [];
  if (!aggregate) throw new Invalid('summaries: they need "aggregate": true');
  const parsed = parseSummaries(parseSlice(JSON.stringify(summaries)), [dataTypeOf(type)]);
  if (parsed.length === 0) throw new Invalid('summaries: at least one is needed, as "aggregate" is true');
  for (const [index, summary] of parsed.entries())
    if (summary.window < 1)
      throw new Invalid(`summary ${index + 1}, summary-window: window ${summary.window} makes no sense for a stream`);
  return parsed;
}

/** netort keeps the name of a stream in its meta. */
function nameIn(meta: Meta): string {
  const name = meta.members.get('name');
  return name?.kind === 'string' ? stringOf(name) : '';
}

/** The identity of a stream's metadata: session and stream, exactly; nothing else of a stream makes another one of it. */
function identityOf(session: string, stream: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(['stream', session, stream]))
    .digest();
}
