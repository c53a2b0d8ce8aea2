import { jsonAnswer, type OperationDocs } from '../http/operation.js';

/** GET `/openapi.json`. */
export const GET_OPENAPI: OperationDocs = {
  id: 'getOpenApi',
  tag: 'server',
  summary: 'Returns this document',
  description: 'The API in OpenAPI 3.1, with the paths of this server. `/docs` shows it as web pages.',
  answers: { 200: jsonAnswer('The document.', { type: 'object', additionalProperties: true }, { openapi: '3.1.1' }) },
};
