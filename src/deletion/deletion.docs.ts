import { type Answer, named, shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { BOUNDS, JSON_FORMAT } from '../http/parameters.js';

const DELETED: Answer = named('Deleted', {
  ...jsonAnswer('What was removed.', shape('Deletion'), { deleted: { metadata: 0, points: 1440 } }),
});

const STRICT = 'A parameter that means nothing here is 400, since to ignore it would delete more than was meant.';

/** DELETE `archive/K/`. */
export const DELETE_METADATA: OperationDocs = {
  id: 'deleteMetadata',
  tag: 'deletion',
  summary: 'Deletes a metadata',
  description: `Removes the metadata with all its points and summaries; 404 where there is none. ${STRICT}`,
  parameters: [JSON_FORMAT],
  answers: { 200: DELETED },
};

/** DELETE `archive/K/ET/`. */
export const DELETE_EVENT_TYPE: OperationDocs = {
  id: 'deleteEventType',
  tag: 'deletion',
  summary: 'Deletes an event type of a metadata',
  description:
    'Removes the event type with its points and summaries, and the metadata where it was its last; 404 where the ' +
    `metadata does not have it. ${STRICT}`,
  parameters: [JSON_FORMAT],
  answers: { 200: DELETED },
};

/** DELETE `archive/K/ET/base`. */
export const DELETE_POINTS: OperationDocs = {
  id: 'deletePoints',
  tag: 'deletion',
  summary: 'Deletes points of a time',
  description:
    'Removes the points of an event type in the given time; summaries follow. A missing bound is unbounded; without ' +
    `any, all points go and the registration stays. 404 where the metadata does not have the event type. ${STRICT}`,
  parameters: [...BOUNDS, JSON_FORMAT],
  answers: { 200: DELETED },
};
