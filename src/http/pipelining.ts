import { type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

/** How many requests of one connection are worked on at a time: those that it sends without waiting for answers. */
const MOST_AT_ONCE = 16;

/** How many requests may wait in all: about 100 MB. Who adds to them is disconnected. */
const MOST_WAITING = 50_000;

/**
 * Lets a connection have at most `MOST_AT_ONCE` requests that are worked on or whose answers are not yet sent. Further
 * ones wait, and nothing more is read from the connection until none does: by TCP, the client waits, too. What waits is
 * what Node has read at once, up to 64 KiB of requests. Those of a client that leaves meanwhile are forgotten.
 *
 * Node itself only stops reading where answers pile up, and passes on all requests that have arrived at once.
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
    /** How many requests wait, of all connections. */
    private readonly count: { inAll: number },
  ) {}

  add(request: IncomingMessage, response: ServerResponse): void {
    if (this.working < MOST_AT_ONCE && this.waiting.length === 0) this.start(request, response);
    else if (this.count.inAll >= MOST_WAITING) this.socket.destroy();
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

  /** Starts what waits one by one: between two of them, other connections have their turn. */
  private schedule(): void {
    if (this.isScheduled || this.waiting.length === 0 || this.working >= MOST_AT_ONCE) return;
    this.isScheduled = true;
    setImmediate(this.next);
  }

  private readonly next = (): void => {
    this.isScheduled = false;
    const next = this.waiting.shift();
    // Forgotten, since the client has left.
    if (!next) return;
    this.count.inAll--;
    this.start(...next);
    if (this.waiting.length === 0) this.socket.resume();
    else this.schedule();
  };

  /** Keeps Node, which reads on after each request that has arrived, from doing so while others wait. */
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
