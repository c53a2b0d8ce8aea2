import { withMeta } from '../sessions/session-view.js';
import { type StoredAnnotation } from '../storage/annotations/annotation.js';
import { type AnnotationObject } from './annotation.dto.js';

/**
 * An annotation as JSON.
 * @param unit that of times, in micros; they are cut down to it.
 */
export function annotationText(annotation: StoredAnnotation, unit: number): string {
  const { id, kind, begin, end, text, tags, session, metadataKey, data, username, created, updated } = annotation;
  const time = (micros: number): number => Math.floor(micros / unit);
  const { dashboardUID, panelId } = JSON.parse(data) as { dashboardUID?: unknown; panelId?: unknown };
  const object: Omit<AnnotationObject, 'data'> = {
    id,
    alertId: 0,
    alertName: '',
    dashboardId: 0,
    dashboardUID: typeof dashboardUID === 'string' ? dashboardUID : '',
    panelId: Number.isInteger(panelId) ? Number(panelId) : 0,
    userId: 0,
    userName: '',
    newState: '',
    prevState: '',
    created: time(created),
    updated: time(updated),
    time: time(begin),
    timeEnd: time(end),
    text,
    tags,
    login: username,
    email: '',
    avatarUrl: '',
    kind,
    session,
    'metadata-key': metadataKey,
  };
  return withMeta(object, data, 'data');
}
