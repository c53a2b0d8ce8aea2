import { Meta } from '../meta.js';
import { type StoredStream } from '../../storage/sessions/stream-store.js';

/** A field by which streams are paired: `name`, `case`, `stream` (the id), or `meta.KEY`. */
export type PairField = string;

/** Two streams that are compared. */
export interface StreamPair {
  readonly base: StoredStream;
  readonly other: StoredStream;
}

/** A stream that is not compared, and why. */
export interface UnpairedStream {
  readonly stream: StoredStream;
  readonly reason: string;
}

/**
 * Pairs the streams of two sessions that have the same type and the same values of these fields, in the order of the
 * first session. Where several of one session have the same, none of them is paired.
 */
export function pairStreams(
  base: readonly StoredStream[],
  other: readonly StoredStream[],
  fields: readonly PairField[],
): { pairs: StreamPair[]; unpaired: UnpairedStream[] } {
  const [left, right] = [grouped(base, fields), grouped(other, fields)];
  const pairs: StreamPair[] = [];
  const unpaired: UnpairedStream[] = [];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [ofBase, ofOther] = [left.get(key) ?? [], right.get(key) ?? []];
    const [one, two] = [ofBase[0], ofOther[0]];
    if (one && two && ofBase.length === 1 && ofOther.length === 1) pairs.push({ base: one, other: two });
    else {
      const isUnique = ofBase.length <= 1 && ofOther.length <= 1;
      const reason = isUnique ? 'the other session has none like it' : 'there are several like it';
      unpaired.push(...[...ofBase, ...ofOther].map((stream) => ({ stream, reason })));
    }
  }
  return { pairs, unpaired };
}

function grouped(streams: readonly StoredStream[], fields: readonly PairField[]): Map<string, StoredStream[]> {
  const groups = new Map<string, StoredStream[]>();
  for (const stream of streams) {
    const key = JSON.stringify([stream.type, ...fields.map((field) => valueOf(stream, field))]);
    const group = groups.get(key);
    if (group) group.push(stream);
    else groups.set(key, [stream]);
  }
  return groups;
}

function valueOf({ id, name, caseName, meta }: StoredStream, field: PairField): string | null {
  if (field === 'name') return name;
  if (field === 'case') return caseName;
  if (field === 'stream') return id;
  return Meta.stored(meta).members.get(field.slice('meta.'.length))?.text ?? null;
}
