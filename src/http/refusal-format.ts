import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type ErrorCode } from '../common/error-codes.js';
import { errorBody } from './error-body.js';

/** A refusal or failure of a request, before it is written. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  /** Further members of the archive's own body. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** The seconds after which a retry makes sense. */
  readonly retryAfter?: number | undefined;
}

/**
 * Writes refusals as the clients of a route expect them: returns the body, and may set headers and another status. Status,
 * `Retry-After` and the content type (JSON) are set.
 */
export type RefusalFormat = (refusal: Refusal, request: FastifyRequest, reply: FastifyReply) => string;

/** The archive's own format, of all routes without another one: `{"detail": …, "error": …, "code": …}`. */
export const archiveFormat: RefusalFormat = ({ status, code, detail, fields }, _request, reply) => {
  if (status === 401) void reply.header('www-authenticate', 'Token');
  return errorBody(code, detail, fields);
};
