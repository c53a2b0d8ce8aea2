import { Invalid } from '../common/errors.js';
import { Meta } from '../sessions/meta.js';
import { isTime } from '../sessions/micros.js';
import { type Annotation, type NewAnnotation } from '../storage/annotations/annotation.js';
import { type AnnotationChangesObject, type NewAnnotationObject } from './annotation.dto.js';

/**
 * The annotation that a body describes. Throws `Invalid`.
 * @param unit that of times, in micros.
 */
export function newAnnotation(posted: NewAnnotationObject, unit: number): NewAnnotation {
  const { time, timeEnd, text, tags, session, 'metadata-key': metadataKey } = posted;
  return {
    begin: microsOf('time', time ?? undefined, unit),
    until: microsOf('timeEnd', timeEnd, unit),
    text,
    tags: [...new Set(tags)],
    session: session ?? null,
    metadataKey: metadataKey ?? null,
    data: dataOf('{}', posted),
  };
}

/** A stored annotation with changes; what is absent stays. Throws `Invalid`. */
export function changed(stored: Annotation, changes: AnnotationChangesObject, unit: number): Annotation {
  const { time, timeEnd, text, tags, session, 'metadata-key': metadataKey } = changes;
  const begin = microsOf('time', time ?? undefined, unit) ?? stored.begin;
  // A mark that moves stays a mark.
  const until = stored.until === stored.begin ? begin : stored.until;
  const newEnd = microsOf('timeEnd', timeEnd, unit);
  return {
    begin,
    until: newEnd === undefined ? until : newEnd,
    text: text ?? stored.text,
    tags: tags ? [...new Set(tags)] : stored.tags,
    session: session === undefined ? stored.session : session,
    metadataKey: metadataKey === undefined ? stored.metadataKey : metadataKey,
    data: dataOf(stored.data, changes),
  };
}

/** Facts with those of a body. `open` is what readers see of `timeEnd`, and is not stored. */
function dataOf(stored: string, { data, dashboardUID, panelId }: AnnotationChangesObject): string {
  const own = {
    open: null,
    ...(dashboardUID !== undefined && { dashboardUID: dashboardUID === '' ? null : dashboardUID }),
    ...(panelId !== undefined && { panelId: panelId === 0 ? null : panelId }),
  };
  return Meta.stored(stored, 'data')
    .merge(data ?? Meta.EMPTY)
    .merge(Meta.stored(JSON.stringify(own))).text;
}

function microsOf<T extends null | undefined>(name: string, time: number | T, unit: number): number | T {
  if (typeof time !== 'number') return time;
  const micros = time * unit;
  if (!isTime(micros)) throw new Invalid(`${name}: out of range`);
  return micros;
}
