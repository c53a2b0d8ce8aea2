import { EXAMPLE, shape } from '../common/api-docs.js';
import { HEADERS } from '../http/error-responses.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { PAGE } from '../http/parameters.js';

const DATABASE = { name: 'k6', summaries: [{ 'summary-type': 'statistics', 'summary-window': 60 }] };

const CONTENT = { ...DATABASE, series: 12, points: 34560, first: EXAMPLE.ts, last: EXAMPLE.ts + 3600 };

/** GET `databases`. */
export const LIST_DATABASES: OperationDocs = {
  id: 'listDatabases',
  tag: 'databases',
  summary: 'Lists the databases',
  description: 'Sorted by name, in pages of `limit`; the `Link` header has the next page.',
  parameters: PAGE,
  answers: {
    200: jsonAnswer('The databases.', { type: 'array', items: shape('Database') }, [DATABASE], { Link: HEADERS.link }),
  },
};

/** GET `databases/DB`. */
export const GET_DATABASE: OperationDocs = {
  id: 'getDatabase',
  tag: 'databases',
  summary: 'Reads a database',
  description: 'How much is stored in it, and what its fields keep; 404 if there is no such database.',
  answers: { 200: jsonAnswer('The database.', shape('DatabaseContent'), CONTENT) },
};

const LOCATED = { Location: HEADERS.location };

/** PUT `databases/DB`. */
export const PUT_DATABASE: OperationDocs = {
  id: 'putDatabase',
  tag: 'databases',
  summary: 'Creates a database, or sets its summaries',
  description:
    'Its name has 1 to 128 characters other than control characters, `/` and `"`. Fields that are there already get the ' +
    'summaries, too, and are filled from their points in the background. A summary that is left out stays where fields ' +
    'keep it; new fields do not get it.',
  body: {
    schema: shape('DatabaseSettings'),
    examples: {
      summaries: {
        summary: 'Each numeric field keeps statistics of minutes',
        value: { summaries: [{ 'summary-type': 'statistics', 'summary-window': 60 }] },
      },
      empty: { summary: 'Only create it', value: {} },
    },
  },
  answers: {
    200: jsonAnswer('It was there already.', shape('Database'), DATABASE, LOCATED),
    201: jsonAnswer('It is new.', shape('Database'), DATABASE, LOCATED),
  },
};

/** DELETE `databases/DB`. */
export const DELETE_DATABASE: OperationDocs = {
  id: 'deleteDatabase',
  tag: 'databases',
  summary: 'Deletes a database',
  description:
    'Deletes it with all that was written to it; 404 if there is no such database. Large ones are deleted in steps: a ' +
    'request that fails has deleted a part, and may be sent again. A write to it creates it anew.',
  answers: {
    200: jsonAnswer('The numbers of deleted metadata and points.', shape('Deletion'), {
      deleted: { metadata: 12, points: 34560 },
    }),
  },
};
