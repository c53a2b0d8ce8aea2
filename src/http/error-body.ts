import { type Socket } from 'node:net';

/** The JSON of every refusal: perfSONAR's Python clients look for `detail`, its Perl clients for `error`. */
export function errorBody(detail: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ detail, error: detail, ...fields });
}

/** Answers what is no HTTP at all, where there is no request that a route or filter could see. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'the headers are too large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'the request took too long to arrive']
        : ['400 Bad Request', 'this is not a valid HTTP request'];
  const body = errorBody(detail);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n${body}`,
  );
}
