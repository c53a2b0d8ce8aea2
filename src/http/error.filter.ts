import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { codeOfStatus, type ErrorCode, ERRORS } from '../common/error-codes.js';
import { ArchiveError, TooLarge } from '../common/errors.js';
import { translated } from '../postgres/unavailable.js';
import { errorBody } from './error-body.js';
import { withoutKey } from './redact.js';

/**
 * Turns errors into responses: ours, Nest's, Fastify's and PostgreSQL's, always as
 * `{"detail": …, "error": …, "code": …}`. Errors that are not the client's fault are logged with the request's id, which the
 * response carries in `X-Request-Id`.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // The client disconnected in the middle of its body: no error of ours, and no one to answer.
    if (thrown instanceof Error && thrown === request.raw.errored)
      request.log.info({ method: request.method, url: withoutKey(request.url) }, 'the client went away');
    const { status, code, detail, fields, retryAfter } = answerTo(thrown);
    if (ERRORS[code].level === 'error') {
      request.log.error({ err: thrown, method: request.method, url: withoutKey(request.url) }, detail);
      void reply.header('x-request-id', request.id);
    }
    if (status === 401) void reply.header('www-authenticate', 'Token');
    if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
    void reply
      .status(status)
      .header('content-type', 'application/json')
      .send(errorBody(code, detail, fields));
  }
}

interface Answer {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly retryAfter?: number | undefined;
}

function answerTo(thrown: unknown): Answer {
  // Ours first: Fastify sets a status of its own on errors while it reads a body.
  if (thrown instanceof ArchiveError) return answerOf(thrown);
  // Then Fastify's: an aborted body looks like a broken connection to the database.
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
  if (status === 413) return answerOf(new TooLarge());
  if (status >= 400 && status < 500) return { status, code: codeOfStatus(status), detail: (thrown as Error).message };
  const error = translated(thrown);
  if (error instanceof ArchiveError) return answerOf(error);
  if (error instanceof HttpException)
    return { status: error.getStatus(), code: codeOfStatus(error.getStatus()), detail: error.message };
  return { status: 500, code: 'internal-error', detail: 'internal error' };
}

function answerOf({ status, code, message, fields, retryAfter }: ArchiveError): Answer {
  return { status, code, detail: message, fields, retryAfter };
}
