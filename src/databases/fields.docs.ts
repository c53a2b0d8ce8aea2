import { shape } from '../common/api-docs.js';
import { HEADERS } from '../http/error-responses.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { PAGE, query } from '../http/parameters.js';

const FIELD = { measurement: 'http_req_duration', name: 'value', type: 'float', unit: 'ms' };

/** GET `databases/DB/fields`. */
export const LIST_FIELDS: OperationDocs = {
  id: 'listFields',
  tag: 'databases',
  summary: 'Lists the fields of a database',
  description:
    'Sorted by measurement and name, in pages of `limit`; the `Link` header has the next page. 404 if there is no such ' +
    'database.',
  parameters: [query('measurement', 'MeasurementFilter', 'Only of this measurement.', { type: 'string' }), ...PAGE],
  answers: {
    200: jsonAnswer('The fields.', { type: 'array', items: shape('Field') }, [FIELD], { Link: HEADERS.link }),
  },
};

/** GET `databases/DB/measurements/M/fields/F`. */
export const GET_FIELD: OperationDocs = {
  id: 'getField',
  tag: 'databases',
  summary: 'Reads a field',
  description: 'Its type and its unit; 404 if there is no such field.',
  answers: { 200: jsonAnswer('The field.', shape('Field'), FIELD) },
};

/** PATCH `databases/DB/measurements/M/fields/F`. */
export const PATCH_FIELD: OperationDocs = {
  id: 'patchField',
  tag: 'databases',
  summary: 'Sets the unit of a field',
  description: 'The type of a field never changes: delete it to let the next write choose another one.',
  body: {
    schema: shape('FieldChanges'),
    examples: { unit: { summary: 'Milliseconds', value: { unit: 'ms' } } },
  },
  answers: { 200: jsonAnswer('The field.', shape('Field'), FIELD) },
};

/** DELETE `databases/DB/measurements/M/fields/F`. */
export const DELETE_FIELD: OperationDocs = {
  id: 'deleteField',
  tag: 'databases',
  summary: 'Deletes a field',
  description:
    'Deletes its points and summaries, whatever their tags, and the metadata whose last field it was; 404 if there is no ' +
    'such field. Large ones are deleted in steps, as databases are. The next write may give it another type.',
  answers: {
    200: jsonAnswer('The numbers of deleted metadata and points.', shape('Deletion'), {
      deleted: { metadata: 0, points: 2880 },
    }),
  },
};
