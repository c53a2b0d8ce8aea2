import { randomUUID } from 'node:crypto';
import { type Archive } from './archive.js';
import { type WireRequest } from './http-connection.js';
import { binaryColumns, jsonColumns, rowsOf, type StreamPoints, type StreamSpec } from './stream-points.js';

/** How streams are registered, as the API has it. */
export interface StreamBody {
  readonly type: 'metric' | 'event';
  readonly raw?: boolean;
  readonly aggregate?: boolean;
  readonly summaries?: readonly { readonly 'summary-type': string; readonly 'summary-window': number }[];
}

/** The points of a body that fills a stream: as many as the server takes. */
const FILL_BODY = 100_000;

/** The streams of a new session. */
export class Streams {
  private constructor(
    private readonly archive: Archive,
    private readonly body: StreamBody,
    private readonly paths: readonly string[],
  ) {}

  /** @param begin `test-start`, in seconds since 1970. */
  static async register(archive: Archive, count: number, begin: number, body: StreamBody): Promise<Streams> {
    const session = `bench-${randomUUID()}`;
    const paths = Array.from({ length: count }, (_, index) => `${session}/streams/${index}`);
    const create = (path: string, content: object): WireRequest =>
      archive.sessionRequest('PUT', path, JSON.stringify(content));
    const requests = [create(session, { 'test-start': begin * 1e6 }), ...paths.map((path) => create(path, body))];
    await archive.drive({ connections: 1, requests, status: 201 });
    return new Streams(archive, body, paths);
  }

  /** The path of a stream, below the sessions. */
  path(stream: number): string {
    return this.paths[stream] ?? '';
  }

  /** A PUT of rows: binary columns of a metric, JSON columns of an event stream. */
  put(points: StreamPoints): WireRequest {
    const path = `${this.path(points.stream)}/points/${points.row}`;
    return this.body.type === 'event'
      ? this.archive.sessionRequest('PUT', path, jsonColumns(points))
      : this.archive.sessionRequest('PUT', path, binaryColumns(points), 'application/vnd.marigram.columns');
  }

  /** Stores the first rows of the first stream. */
  async fill(spec: StreamSpec, rows: number): Promise<void> {
    const requests = Array.from({ length: Math.ceil(rows / FILL_BODY) }, (_, index) =>
      this.put(rowsOf(spec, 0, index * FILL_BODY, Math.min(FILL_BODY, rows - index * FILL_BODY))),
    );
    await this.archive.drive({ connections: 1, requests, status: 200 });
  }
}
