import { shape } from '../common/api-docs.js';
import { KEY_HEADER, KEY_REUSED } from '../http/idempotency-key.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { query } from '../http/parameters.js';
import { ANNOTATION_KINDS } from '../storage/annotations/annotation-sources.js';
import { DEFAULT_ANNOTATIONS, EPOCHS, MAX_ANNOTATIONS } from './annotation-query.js';

const TEXT = { type: 'string' };
const INTEGER = { type: 'integer' };

const EPOCH = query('epoch', 'AnnotationEpoch', 'The unit of all times: milliseconds, or microseconds.', {
  ...TEXT,
  enum: Object.keys(EPOCHS),
  default: 'ms',
});

const LIMIT = query('limit', 'AnnotationLimit', 'The maximum of rows in the answer.', {
  ...{ ...INTEGER, minimum: 1, maximum: MAX_ANNOTATIONS, default: DEFAULT_ANNOTATIONS },
});

const ANNOTATION = {
  ...{ id: 1, alertId: 0, alertName: '', dashboardId: 0, dashboardUID: '', panelId: 0, userId: 0, userName: '' },
  ...{ newState: '', prevState: '', created: 1700000002000, updated: 1700000002000 },
  ...{ time: 1700000000123, timeEnd: 1700000001999, text: 'time-taken', tags: ['hostname:web1'] },
  ...{ login: 'me', email: '', avatarUrl: '', kind: 'annotation', session: null, 'metadata-key': null, data: {} },
};

const INTERVAL = {
  summary: 'An interval',
  value: { time: 1700000000123, timeEnd: 1700000001999, tags: ['hostname:web1'], text: 'time-taken' },
};

const message = (text: string): OperationDocs['answers'][number] =>
  jsonAnswer('It is done.', shape('AnnotationMessage'), { message: text });

/** GET `annotations`. */
export const LIST_ANNOTATIONS: OperationDocs = {
  id: 'listAnnotations',
  tag: 'annotations',
  summary: 'Finds annotations',
  description:
    'Those that overlap the given range, the latest `time` first. Sessions are among them: with the tags `session:ID` and ' +
    '`status:STATUS`, running as long as they are open. Those that were written have a number; sessions have 0.',
  parameters: [
    query('from', 'AnnotationFrom', 'Those that end then or later. One that is still running has no end.', INTEGER),
    query('to', 'AnnotationTo', 'Those that begin then or earlier.', INTEGER),
    query('tags', 'AnnotationTagsOfQuery', 'A tag that they must have. It may be repeated.', {
      ...{ type: 'array', items: TEXT },
    }),
    query('matchAny', 'MatchAny', 'Whether one of the tags is enough.', { type: 'boolean', default: false }),
    query('type', 'AnnotationType', 'Only those of this kind.', { ...TEXT, enum: [...ANNOTATION_KINDS] }),
    query('session', 'AnnotationSession', 'Only those of this session, and itself.', TEXT),
    query('metadata-key', 'AnnotationMetadataKey', 'Only those of this metadata.', TEXT),
    query('dashboardUID', 'DashboardUID', 'Only those for this dashboard.', TEXT),
    query('panelId', 'PanelId', 'Only those for this panel.', INTEGER),
    LIMIT,
    EPOCH,
  ],
  answers: {
    200: jsonAnswer('The annotations.', { type: 'array', items: shape('Annotation') }, [ANNOTATION]),
  },
};

/** GET `annotations/tags`. */
export const LIST_ANNOTATION_TAGS: OperationDocs = {
  id: 'listAnnotationTags',
  tag: 'annotations',
  summary: 'Lists the tags of annotations',
  description:
    'The tags of the annotations that were written, not of sessions, sorted, with the number of annotations.',
  parameters: [query('tag', 'TagPart', 'Only tags that have this text in them, in any case.', TEXT), LIMIT],
  answers: {
    200: jsonAnswer('The tags.', shape('AnnotationTags'), { result: { tags: [{ tag: 'hostname:web1', count: 2 }] } }),
  },
};

/** POST `annotations`. */
export const POST_ANNOTATION: OperationDocs = {
  id: 'addAnnotation',
  tag: 'annotations',
  summary: 'Adds an annotation',
  description:
    'Stores a text with a time or an interval. 404 if its session or its metadata does not exist, with which it is deleted.',
  parameters: [KEY_HEADER, EPOCH],
  body: {
    schema: shape('NewAnnotation'),
    examples: {
      interval: INTERVAL,
      running: { summary: 'A running interval', value: { timeEnd: null, text: 'backup of web1', tags: ['backup'] } },
    },
  },
  answers: {
    200: jsonAnswer('It is stored.', shape('AnnotationAdded'), { message: 'Annotation added', id: 1 }),
    422: KEY_REUSED,
  },
};

/** GET `annotations/ID`. */
export const GET_ANNOTATION: OperationDocs = {
  id: 'getAnnotation',
  tag: 'annotations',
  summary: 'Reads an annotation',
  description: 'The annotation; 404 if it does not exist.',
  parameters: [EPOCH],
  answers: { 200: jsonAnswer('The annotation.', shape('Annotation'), ANNOTATION) },
};

/** PUT `annotations/ID`. */
export const PUT_ANNOTATION: OperationDocs = {
  id: 'updateAnnotation',
  tag: 'annotations',
  summary: 'Changes an annotation and its text',
  description: 'As PATCH, but `text` is required. What is absent stays, as in Grafana.',
  parameters: [EPOCH],
  body: { schema: shape('NewAnnotation'), examples: { interval: INTERVAL } },
  answers: { 200: message('Annotation updated') },
};

/** PATCH `annotations/ID`. */
export const PATCH_ANNOTATION: OperationDocs = {
  id: 'patchAnnotation',
  tag: 'annotations',
  summary: 'Changes an annotation',
  description:
    'Changes what is given; the rest stays. Members of `data` replace the stored ones, `null` removes one. A `timeEnd` ends ' +
    'one that is still running.',
  parameters: [EPOCH],
  body: {
    schema: shape('AnnotationChanges'),
    examples: { end: { summary: 'Ending it', value: { timeEnd: 1700000001999 } } },
  },
  answers: { 200: message('Annotation patched') },
};

/** DELETE `annotations/ID`. */
export const DELETE_ANNOTATION: OperationDocs = {
  id: 'deleteAnnotation',
  tag: 'annotations',
  summary: 'Deletes an annotation',
  description: 'Deletes the annotation; 404 if it does not exist. An unknown parameter is 400.',
  answers: { 200: message('Annotation deleted') },
};
