import { shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';

const JSON_ANSWER = jsonAnswer('The name, version and paths.', shape('Welcome'), {
  ...{ name: 'Marigram', version: '0.1.0', archive: '/esmond/perfsonar/archive/' },
  ...{ docs: '/docs', openapi: '/openapi.json' },
});

/** GET `/`. */
export const GET_WELCOME: OperationDocs = {
  id: 'getWelcome',
  tag: 'server',
  summary: 'Describes this server',
  description:
    'Name, version, and the paths of the archive and of its reference; as a web page if `Accept` begins with `text/html`, as in browsers.',
  answers: {
    200: {
      ...JSON_ANSWER,
      content: {
        ...JSON_ANSWER.content,
        'text/html': { schema: { type: 'string' }, example: '<!doctype html>\n<title>Marigram</title>\n' },
      },
    },
  },
};
