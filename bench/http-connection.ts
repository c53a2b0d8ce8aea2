import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ResponseReader, type WireResponse } from './response-reader.js';

/** The parts of a request that a workload chooses. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly body?: string | Buffer;
}

/** A request as the bytes that go over the wire: made before the clock runs. */
export function encodeRequest({ method, path, key, contentType, contentEncoding, body = '' }: WireRequest): Buffer {
  const bytes = Buffer.from(body);
  const head = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1'];
  if (key !== undefined) head.push(`Authorization: Token ${key}`);
  if (contentEncoding !== undefined) head.push(`Content-Encoding: ${contentEncoding}`);
  if (bytes.length > 0)
    head.push(`Content-Type: ${contentType ?? 'application/json'}`, `Content-Length: ${bytes.length}`);
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]);
}

/**
 * A keep-alive connection with one request in flight. It does as little as HTTP allows, because the two cores that
 * the server has are shared with it: node's own client takes three times as long for a small request.
 */
export class HttpConnection {
  private reader = new ResponseReader(false);
  private answer: ((response: WireResponse) => void) | undefined;
  private fail: ((error: Error) => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => {
      const response = this.reader.push(data);
      if (response) this.answer?.(response);
    });
    socket.on('error', (error) => this.fail?.(error));
    socket.on('close', () => this.fail?.(new Error('the server closed the connection')));
  }

  /** @param origin such as `http://127.0.0.1:8080`. */
  static async open(origin: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(origin);
    const socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80) });
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  /** Sends a request and resolves with its answer, without the body unless `keep` says so or it is an error. */
  send(request: Buffer, keep: boolean): Promise<WireResponse> {
    return new Promise((answer, fail) => {
      this.reader = new ResponseReader(keep);
      this.answer = answer;
      this.fail = fail;
      this.socket.write(request);
    });
  }

  close(): void {
    this.fail = undefined;
    this.socket.destroy();
  }
}
