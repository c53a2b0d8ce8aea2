import { compact, type JsonSlice, stringOf } from '../json/json-text.js';
import { type NewStream } from '../storage/sessions/stream-store.js';
import { type Meta } from './meta.js';

/** What the metadata of a stream says of it. */
type Described = Pick<NewStream, 'session' | 'id' | 'type' | 'name' | 'caseName' | 'parent'>;

/**
 * The free-form parameters of a stream's metadata: its fields, and `meta.KEY` for each member of its meta. As in all
 * names of parameters, `_` becomes `-`.
 */
export function streamParameters(
  { session, id, type, name, caseName, parent }: Described,
  meta: Meta,
): Record<string, string> {
  return {
    ...{ session, stream: id, type, name },
    ...(caseName !== null && { case: caseName }),
    ...(parent !== null && { parent }),
    ...Object.fromEntries(
      [...meta.members].flatMap(([member, value]) => {
        const text = textOf(value);
        return text === undefined ? [] : [[`meta.${member.replaceAll('_', '-')}`, text]];
      }),
    ),
  };
}

/** Numbers as their source text, arrays and objects as their JSON; `undefined` for null. */
function textOf(slice: JsonSlice): string | undefined {
  if (slice.kind === 'null') return undefined;
  return slice.kind === 'string' ? stringOf(slice) : compact(slice.text);
}
