import { collect, drive, type Load, type Measurement } from './load.js';
import { type WireRequest } from './http-connection.js';

/** Requests that go to the archive together. */
export type ArchiveLoad = Omit<Load, 'origin'>;

/** The archive that is measured, as a client with a key sees it. */
export class Archive {
  constructor(
    /** Such as `http://127.0.0.1:8080`. */
    readonly origin: string,
    /** The path of the archive, with a slash at its end. */
    readonly path: string,
    readonly key: string,
  ) {}

  /** A request for something below the archive. */
  request(method: string, path: string, body?: string): WireRequest {
    const write = method === 'GET' ? {} : { key: this.key };
    return { method, path: `${this.path}${path}`, ...write, ...(body !== undefined && { body }) };
  }

  /** A request for something below the sessions; JSON unless `contentType` says otherwise. */
  sessionRequest(method: string, path: string, body?: string | Buffer, contentType?: string): WireRequest {
    return {
      ...{ method, path: `/api/v1/sessions/${path}`, key: this.key },
      ...(body !== undefined && { body }),
      ...(contentType !== undefined && { contentType }),
    };
  }

  drive(load: ArchiveLoad): Promise<Measurement> {
    return drive({ origin: this.origin, ...load });
  }

  collect(load: ArchiveLoad): Promise<Buffer[]> {
    return collect({ origin: this.origin, ...load });
  }
}
