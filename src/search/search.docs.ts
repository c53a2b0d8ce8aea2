import { EXAMPLE, shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { JSON_FORMAT } from '../http/parameters.js';
import { HEADERS } from '../http/error-responses.js';
import { METADATA } from '../metadata/metadata.docs.js';
import { SEARCH_PARAMETERS } from './search-parameters.js';

const ARCHIVE = `${EXAMPLE.origin}/esmond/perfsonar/archive/`;

/** GET `archive/`. */
export const SEARCH_METADATA: OperationDocs = {
  id: 'searchMetadata',
  tag: 'metadata',
  summary: 'Searches metadata',
  description:
    'All conditions must match; if a parameter is repeated, the last one counts. Metadata are sorted by key, in pages of ' +
    '`limit`. The first element of a page has the total count and the URLs of the neighbouring pages, which are also in ' +
    'the `Link` header. Without matches the answer is `[]`.',
  parameters: SEARCH_PARAMETERS,
  answers: {
    200: jsonAnswer(
      'The matching metadata.',
      { type: 'array', items: shape('FoundMetadata') },
      [
        {
          ...METADATA,
          'metadata-count-total': 16,
          'metadata-previous-page': null,
          'metadata-next-page': `${ARCHIVE}?limit=1&offset=1&source=192.0.2.1`,
        },
      ],
      { Link: HEADERS.link },
    ),
  },
};

/** GET of the path above the archive. */
export const GET_SERVICE: OperationDocs = {
  id: 'getService',
  tag: 'server',
  summary: 'Returns the URL of the archive',
  description: 'For clients that only know the server.',
  parameters: [JSON_FORMAT],
  answers: { 200: jsonAnswer('The URL of the archive.', shape('Service'), { archive: ARCHIVE }) },
};
