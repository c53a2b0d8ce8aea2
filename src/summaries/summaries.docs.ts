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
    'The bins of a summary that _begin_ in the asked time, in time order; all parameters mean what they mean for ' +
    'points. `[]` where there is nothing, also where the metadata does not have this summary. Summaries are exact, ' +
    'whatever the order in which points arrive, are repeated, replaced or deleted; they stay when their points leave ' +
    'by retention. While a summary is being filled from older points, the answer has its finished bins and ' +
    '`Retry-After`.',
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
