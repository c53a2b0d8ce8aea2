import { STATUS_CODES } from 'node:http';
import { type Socket } from 'node:net';
import { type ErrorCode, ERRORS } from '../common/error-codes.js';

/**
 * The JSON of every error: perfSONAR's Python clients read `detail`, its Perl clients `error`, programs decide by `code`.
 * @param fields further members, such as the conflicts of a write.
 */
export function errorBody(code: ErrorCode, detail: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ detail, error: detail, code, ...fields });
}

/** The errors of Node's HTTP parser that have a code of their own, with the text of the answer. */
const PARSER_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'the headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'the request took too long to arrive'],
};

/** Answers bytes that are no HTTP request, which no route or filter sees, and closes the connection. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = PARSER_ERRORS[error.code ?? ''] ?? ['invalid', 'this is not a valid HTTP request'];
  const { status } = ERRORS[code];
  const body = errorBody(code, detail);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n${body}`,
  );
}
