import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { codeOfStatus, ERRORS } from '../common/error-codes.js';
import { ArchiveError, TooLarge } from '../common/errors.js';
import { translated } from '../postgres/unavailable.js';
import { withoutKey } from './redact.js';
import { archiveFormat, type Refusal } from './refusal-format.js';

/**
 * Turns errors into responses: ours, Nest's, Fastify's and PostgreSQL's, in the format of their route (`refusals`).
 * Errors that are not the client's fault are logged with the request's id, which the response carries in `X-Request-Id`.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // The client disconnected in the middle of its body: no error of ours, and no one to answer.
    if (thrown instanceof Error && thrown === request.raw.errored)
      request.log.info({ method: request.method, url: withoutKey(request.url) }, 'the client went away');
    const refusal = refusalOf(thrown);
    const { status, code, detail, retryAfter } = refusal;
    if (ERRORS[code].level === 'error') {
      request.log.error({ err: thrown, method: request.method, url: withoutKey(request.url) }, detail);
      void reply.header('x-request-id', request.id);
    }
    if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
    void reply.status(status).header('content-type', 'application/json');
    const format = request.routeOptions.config.refusals ?? archiveFormat;
    void reply.send(format(refusal, request, reply));
  }
}

function refusalOf(thrown: unknown): Refusal {
  // Ours first: Fastify sets a status of its own on errors while it reads a body.
  if (thrown instanceof ArchiveError) return refusalBy(thrown);
  // Then Fastify's: an aborted body looks like a broken connection to the database.
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
  if (status === 413) return refusalBy(new TooLarge());
  if (status >= 400 && status < 500) return { status, code: codeOfStatus(status), detail: (thrown as Error).message };
  const error = translated(thrown);
  if (error instanceof ArchiveError) return refusalBy(error);
  if (error instanceof HttpException)
    return { status: error.getStatus(), code: codeOfStatus(error.getStatus()), detail: error.message };
  return { status: 500, code: 'internal-error', detail: 'internal error' };
}

function refusalBy({ status, code, message, fields, retryAfter }: ArchiveError): Refusal {
  return { status, code, detail: message, fields, retryAfter };
}
