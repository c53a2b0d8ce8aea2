import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

/** A real server that behaves as no archive should; closed when it is disposed of. */
export class TinyServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(listener: RequestListener, port = 0): Promise<TinyServer> {
    const server = createServer(listener).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new TinyServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
