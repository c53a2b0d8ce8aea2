import { type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

/** Requests of one connection in progress at a time, where a client sends more without waiting for answers. */
const MAX_CONCURRENT = 16;

/** Waiting requests of all connections: about 100 MB. A client that exceeds it is disconnected. */
const MAX_WAITING = 50_000;

/**
 * Bounds the requests of a connection in progress, those with unsent answers included, to `MAX_CONCURRENT`. Further ones
 * wait, and nothing is read from the connection until none waits, so that TCP slows the client down. Node has read up to
 * 64 KiB of waiting requests by then. Waiting requests of a client that disconnects are dropped.
 *
 * Node itself stops reading only where answers pile up, and hands over all requests that have arrived.
 */
export function boundPipelining(server: Server): void {
  const handlers = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  const connections = new WeakMap<Socket, Connection>();
  const waiting = { inAll: 0 };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    for (const handler of handlers) handler.call(server, request, response);
  };
  server.on('request', (request, response) => {
    const { socket } = request;
    let connection = connections.get(socket);
    if (!connection) connections.set(socket, (connection = new Connection(socket, handle, waiting)));
    connection.add(request, response);
  });
}

/** The requests of one connection. */
class Connection {
  private working = 0;
  private readonly waiting: [request: IncomingMessage, response: ServerResponse][] = [];
  private isScheduled = false;
  private isWatched = false;

  constructor(
    private readonly socket: Socket,
    private readonly handle: (request: IncomingMessage, response: ServerResponse) => void,
    /** Waiting requests of all connections. */
    private readonly count: { inAll: number },
  ) {}

  add(request: IncomingMessage, response: ServerResponse): void {
    if (this.working < MAX_CONCURRENT && this.waiting.length === 0) this.start(request, response);
    else if (this.count.inAll >= MAX_WAITING) this.socket.destroy();
    else if (!this.socket.destroyed) this.hold(request, response);
  }

  private start(request: IncomingMessage, response: ServerResponse): void {
    this.working++;
    response.on('close', this.end);
    this.handle(request, response);
  }

  private hold(request: IncomingMessage, response: ServerResponse): void {
    this.watch();
    this.waiting.push([request, response]);
    this.count.inAll++;
    this.socket.pause();
  }

  private readonly end = (): void => {
    this.working--;
    this.schedule();
  };

  /** Starts waiting requests one by one: other connections have their turn in between. */
  private schedule(): void {
    if (this.isScheduled || this.waiting.length === 0 || this.working >= MAX_CONCURRENT) return;
    this.isScheduled = true;
    setImmediate(this.next);
  }

  private readonly next = (): void => {
    this.isScheduled = false;
    const next = this.waiting.shift();
    // Dropped, since the client has disconnected.
    if (!next) return;
    this.count.inAll--;
    this.start(...next);
    if (this.waiting.length === 0) this.socket.resume();
    else this.schedule();
  };

  /** Keeps Node from reading on after each request while others wait. */
  private watch(): void {
    if (this.isWatched) return;
    this.isWatched = true;
    this.socket.on('resume', () => {
      if (this.waiting.length > 0) this.socket.pause();
    });
    this.socket.on('close', () => {
      this.count.inAll -= this.waiting.splice(0).length;
    });
  }
}
