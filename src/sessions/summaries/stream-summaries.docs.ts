import { shape } from '../../common/api-docs.js';
import { HEADERS } from '../../http/error-responses.js';
import { jsonAnswer, type OperationDocs } from '../../http/operation.js';
import { rowFormat } from '../../http/parameters.js';
import { namesOf } from '../../rows/row-format.js';
import { TSV_TYPE } from '../points/parse-columns.js';
import { READ_PARAMETERS } from '../points/points.docs.js';
import { SUMMARY_FORMATS } from './summary-formats.js';

const QUANTILES = {
  ...{ q0: 29917, q10: 29948.2, q25: 29995, q50: 30164, q75: 30421.25, q80: 30489.8, q85: 30558.35, q90: 30626.9 },
  ...{ q95: 30695.45, q98: 30736.58, q99: 30750.29, q100: 30764, average: 30252.25, stddev: 378.92600421014475 },
  ...{ sum: 121009, cnt: 4 },
};

const COLUMNS = Object.values(QUANTILES);

/** GET `sessions/S/streams/T/SUMMARIES/WINDOW`. */
export const GET_STREAM_SUMMARY: OperationDocs = {
  id: 'getStreamSummary',
  tag: 'sessions',
  summary: 'Reads a summary of a stream',
  description:
    'The bins of a summary that _begin_ in the requested time range, in time order. Bins are aligned to the `test-start` of ' +
    'the session. CSV has a header and the columns of TSV, which are those of netort: `ts` (whole seconds with ' +
    '`time=relative`, else microseconds), and `q0 … q100 average stddev sum cnt`, or `l r cnt` with a line for each bin of a ' +
    'distribution, or `category cnt`. 404 if the stream does not have this summary.',
  parameters: [...READ_PARAMETERS, rowFormat('StreamRowFormat', namesOf(SUMMARY_FORMATS))],
  answers: {
    200: {
      description: 'The bins.',
      headers: { Link: HEADERS.link, 'Retry-After': HEADERS.retryAfter },
      content: {
        'application/json': {
          schema: { type: 'array', items: shape('StreamBin') },
          example: [{ ts: 1574164720000000, value: QUANTILES }],
        },
        'application/x-ndjson': {
          schema: { type: 'string', description: 'A line a bin, each a JSON object as in the array.' },
          example: `${JSON.stringify({ ts: 1574164720000000, value: QUANTILES })}\n`,
        },
        'text/csv': {
          schema: { type: 'string', description: 'A header, then lines as those of TSV.' },
          example: `${['ts', ...Object.keys(QUANTILES)].join(',')}\n${[0, ...COLUMNS].join(',')}\n`,
        },
        [TSV_TYPE]: {
          schema: { type: 'string', description: 'Lines without a header; an absent number is empty.' },
          example: `${[0, ...COLUMNS].join('\t')}\n`,
        },
      },
    },
  },
};

/** GET `sessions/S/streams/T/SUMMARIES/all`. */
export const GET_WHOLE_SUMMARY: OperationDocs = {
  id: 'getWholeSummary',
  tag: 'sessions',
  summary: 'Reads a summary of a whole stream',
  description:
    'The bins of its finest window as one. Quantiles are exact while at most 131,072 values differ, then q10 to q99 are ' +
    'within 1 %, and `within` says so. 404 if the stream does not have this summary.',
  answers: {
    200: jsonAnswer(
      'The summary.',
      shape('WholeSummary'),
      { window: 1, value: QUANTILES },
      { 'Retry-After': HEADERS.retryAfter },
    ),
  },
};
