import { fileURLToPath } from 'node:url';
import { type WireRequest } from './http-connection.js';
import { drive, type Measurement } from './load.js';
import { type Programs } from './programs.js';

/** The limit of HTTP: a bare Fastify, see `bare-server.ts`. */
export class BareLimit {
  private constructor(private readonly origin: string) {}

  static async start(programs: Programs): Promise<BareLimit> {
    const program = programs.start([fileURLToPath(new URL('bare-server.js', import.meta.url))], {});
    const [, origin = ''] = await program.line(/Listens on (\S+)/);
    return new BareLimit(origin);
  }

  /** Requests whose body is parsed and thrown away. */
  parse(requests: readonly WireRequest[], connections: number): Promise<Measurement> {
    return drive({ origin: this.origin, connections, requests, status: 201 });
  }

  /** Makes the bytes ready to be answered under a name. */
  async prepare(name: string, body: Buffer): Promise<void> {
    const request = { method: 'PUT', path: `/bytes/${name}`, contentType: 'application/octet-stream', body };
    await drive({ origin: this.origin, connections: 1, requests: [request], status: 201 });
  }

  /** Asks for the bytes of a name, so many times one after the other. */
  answer(name: string, times: number): Promise<Measurement> {
    const requests = new Array<WireRequest>(times).fill({ method: 'GET', path: `/bytes/${name}` });
    return drive({ origin: this.origin, connections: 1, requests, status: 200 });
  }
}
