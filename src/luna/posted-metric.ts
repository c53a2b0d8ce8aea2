import { Invalid } from '../common/errors.js';
import { itemsOf, type JsonSlice } from '../json/json-text.js';
import { Meta } from '../sessions/meta.js';
import { type StreamType } from '../storage/sessions/stream-store.js';
import { numberOf } from './form.js';
import { membersIn, scalarOf } from './json-fields.js';
import { TABLES } from './tables.js';

/** A stream that a client wants. */
export interface PostedMetric {
  readonly job: number;
  /** The client's id for it. */
  readonly localId: string;
  readonly type: StreamType;
  readonly raw: boolean;
  readonly aggregate: boolean;
  readonly meta: Meta;
  /** The number of another stream. */
  readonly parent: number | undefined;
  readonly caseName: string | null;
}

/** The stream that a body asks for. Throws `Invalid`, naming the field. */
export function postedMetricOf(body: Buffer | undefined): PostedMetric {
  const members = membersIn(body);
  const text = (name: string): string | undefined => scalarOf(name, members.get(name));
  const [type, localId, parent] = [text('type'), text('local_id'), text('parent')];
  if (type !== 'metrics' && type !== 'events')
    throw new Invalid(`type: expected metrics or events, got ${JSON.stringify(type ?? '')}`);
  if (localId === undefined) throw new Invalid('local_id: missing');
  const types = typesOf(members.get('types'));
  const meta = members.get('meta');
  return {
    job: numberOf('job', text('job')),
    localId,
    type: TABLES[type].type,
    raw: types.includes(type),
    aggregate: types.some((table) => table !== 'metrics' && table !== 'events'),
    meta: meta && meta.kind !== 'null' ? Meta.parse(meta) : Meta.EMPTY,
    parent: parent === undefined ? undefined : numberOf('parent', parent),
    caseName: text('case') ?? null,
  };
}

function typesOf(slice: JsonSlice | undefined): string[] {
  if (slice?.kind !== 'array') throw new Invalid(`types: expected an array, got ${slice?.kind ?? 'nothing'}`);
  return itemsOf(slice.text).map((item) => scalarOf('types', item) ?? '');
}
