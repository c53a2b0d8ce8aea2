import { jsonAnswer, type OperationDocs } from '../http/operation.js';

/** GET `/openapi.json`. */
export const GET_OPENAPI: OperationDocs = {
  id: 'getOpenApi',
  tag: 'server',
  summary: 'This document',
  description: 'The API in OpenAPI 3.1, with the paths as this server has them. `/docs` shows it as pages.',
  answers: { 200: jsonAnswer('The document.', { type: 'object', additionalProperties: true }, { openapi: '3.1.1' }) },
};
