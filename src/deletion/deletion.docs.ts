import { type Answer, named, shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { BOUNDS, JSON_FORMAT } from '../http/parameters.js';

const DELETED: Answer = named('Deleted', {
  ...jsonAnswer('The numbers of deleted metadata and points.', shape('Deletion'), {
    deleted: { metadata: 0, points: 1440 },
  }),
});

const STRICT = 'An unknown parameter is 400, because ignoring it could delete more than intended.';

/** DELETE `archive/K/`. */
export const DELETE_METADATA: OperationDocs = {
  id: 'deleteMetadata',
  tag: 'deletion',
  summary: 'Deletes a metadata',
  description: `Deletes the metadata with all its points and summaries; 404 if it does not exist. ${STRICT}`,
  parameters: [JSON_FORMAT],
  answers: { 200: DELETED },
};

/** DELETE `archive/K/ET/`. */
export const DELETE_EVENT_TYPE: OperationDocs = {
  id: 'deleteEventType',
  tag: 'deletion',
  summary: 'Deletes an event type of a metadata',
  description:
    'Deletes the event type with its points and summaries, and the metadata if it was the last one; 404 if the ' +
    `metadata does not have it. ${STRICT}`,
  parameters: [JSON_FORMAT],
  answers: { 200: DELETED },
};

/** DELETE `archive/K/ET/base`. */
export const DELETE_POINTS: OperationDocs = {
  id: 'deletePoints',
  tag: 'deletion',
  summary: 'Deletes points in a time range',
  description:
    'Deletes the points of an event type in the given time range, and updates its summaries. An absent bound means no ' +
    'bound; without any, all points are deleted and the registration stays. 404 if the metadata does not have the ' +
    `event type. Of a stream whose points are not kept, whole bins are deleted; a bound that divides one is 400. ${STRICT}`,
  parameters: [...BOUNDS, JSON_FORMAT],
  answers: { 200: DELETED },
};
