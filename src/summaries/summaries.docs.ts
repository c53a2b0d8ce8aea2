import { shape } from '../common/api-docs.js';
import { HEADERS } from '../http/error-responses.js';
import { type OperationDocs } from '../http/operation.js';
import { ROW_PARAMETERS, rowAnswer } from '../rows/row-docs.js';

/** GET `archive/K/ET/SUMMARIES/WINDOW`. */
export const GET_SUMMARY: OperationDocs = {
  id: 'getSummary',
  tag: 'summaries',
  summary: 'Reads a summary',
  description:
    'The bins of a summary that _begin_ in the requested time range, in time order. The parameters are those of points. ' +
    '`[]` if there are none, or if the metadata does not have this summary. Summaries are exact, in whatever order ' +
    'points arrive, are repeated, replaced or deleted; they stay when retention deletes their points. While a summary ' +
    'is being filled from older points, the answer has the finished bins and `Retry-After`.',
  parameters: ROW_PARAMETERS,
  answers: {
    200: rowAnswer(
      'The bins.',
      shape('Bin'),
      [
        { ts: 1714521600, val: 9387000000 },
        { ts: 1714608000, val: 9401250000 },
      ],
      { 'Retry-After': HEADERS.retryAfter },
    ),
  },
};
