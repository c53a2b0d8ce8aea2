import { type IncomingMessage, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { TinyServer } from '../support/server.js';

/** A request as it came, its body unpacked. */
export interface Call {
  readonly method: string;
  /** Below `/api/v1/sessions/`. */
  readonly path: string;
  readonly key: string | undefined;
  /** JSON; of columns the number of points. */
  readonly body: unknown;
}

/** An answer: a status and its body, or `away` for a connection that breaks. */
export type Answer = 'away' | 'fine' | { status: number; body?: object | string; headers?: Record<string, string> };

/** A server that takes the requests of a session, as an archive does, but for those that a test wants otherwise. */
export class RefusingArchive {
  readonly calls: Call[] = [];

  private constructor(private readonly server: TinyServer) {}

  static async start(decide: (call: Call, earlier: number) => Answer = () => 'fine'): Promise<RefusingArchive> {
    const archive = new RefusingArchive(
      await TinyServer.start((request, response) => void archive.answer(request, response, decide)),
    );
    return archive;
  }

  get url(): string {
    return this.server.url;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    decide: (call: Call, earlier: number) => Answer,
  ): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { 'content-encoding': encoding, 'content-type': type, authorization: key } = request.headers;
    const bytes = encoding === 'gzip' ? gunzipSync(Buffer.concat(pieces)) : Buffer.concat(pieces);
    const body = type === 'application/json' ? (JSON.parse(bytes.toString()) as unknown) : bytes.readUInt32LE(4);
    const call = { method: request.method!, path: request.url!.replace('/api/v1/sessions/', ''), key, body };
    const earlier = this.calls.filter(({ method, path }) => method === call.method && path === call.path).length;
    this.calls.push(call);
    const answer = decide(call, earlier);
    if (answer === 'away') {
      request.socket.destroy();
      return;
    }
    const { status, body: text = {}, headers } = answer === 'fine' ? { status: 200, headers: {} } : answer;
    const isText = typeof text === 'string';
    response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
    response.end(isText ? text : JSON.stringify(text));
  }
}
