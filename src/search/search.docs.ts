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
    'All conditions must hold; of a repeated parameter the last counts. Metadata are sorted by key, in pages of ' +
    '`limit`. The first of a page carries the total count and the URLs of the neighbouring pages; the `Link` header ' +
    'has these, too. Nothing found is `[]`.',
  parameters: SEARCH_PARAMETERS,
  answers: {
    200: jsonAnswer(
      'The metadata that were found.',
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

/** GET of what the archive lies under. */
export const GET_SERVICE: OperationDocs = {
  id: 'getService',
  tag: 'server',
  summary: 'Says where the archive is',
  description: 'The URL of the archive, for clients that know the server only.',
  parameters: [JSON_FORMAT],
  answers: { 200: jsonAnswer('The URL of the archive.', shape('Service'), { archive: ARCHIVE }) },
};
