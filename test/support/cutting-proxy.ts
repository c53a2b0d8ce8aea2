import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Where a connection is cut: as COMMIT comes by, which is then lost or not, or once its answer comes back. */
export type Cut = 'before COMMIT arrives' | 'as COMMIT arrives' | 'before COMMIT is answered';

const COMMIT = Buffer.from('COMMIT\0');

/** PostgreSQL's message to a client that comes too early. */
const STARTING_UP = errorMessage({ S: 'FATAL', V: 'FATAL', C: '57P03', M: 'the database system is starting up' });

function errorMessage(fields: Readonly<Record<string, string>>): Buffer {
  const body = Object.entries(fields).map(([type, text]) => `${type}${text}\0`);
  const payload = Buffer.from(`${body.join('')}\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length + 4);
  return Buffer.concat([Buffer.from('E'), length, payload]);
}

/** Stands between the server and its database, and cuts connections as a broken network would. */
export class CuttingProxy {
  /** How many connections were cut so far, by where. */
  readonly cuts = new Map<Cut | 'anywhere', number>();
  private readonly pairs = new Set<readonly [client: Socket, database: Socket]>();
  private next: Cut | undefined;
  private forbidden: Buffer | undefined;
  private starting = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** A proxy of the database at this URL. */
  static async open(databaseUrl: string): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, new URL(databaseUrl));
    server.on('connection', (client) => {
      proxy.join(client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The URL of the database by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Cuts every connection now, whatever is under way on it. */
  cutAll(): void {
    for (const pair of this.pairs) this.cut(pair, 'anywhere');
  }

  /** Cuts the connection on which the next COMMIT comes by. */
  cutNextCommit(where: Cut): void {
    this.next = where;
  }

  /** Cuts every connection on which this text comes by, before it arrives. */
  cutAt(text: string): void {
    this.forbidden = Buffer.from(text);
  }

  /** Refuses the next connections as a PostgreSQL does that recovers. */
  refuseNext(connections: number): void {
    this.starting = connections;
  }

  close(): void {
    this.server.close();
    this.cutAll();
  }

  private join(client: Socket): void {
    if (this.starting > 0) {
      this.starting--;
      client.on('error', () => undefined).once('data', () => client.end(STARTING_UP));
      return;
    }
    const database = connect(Number(this.target.port), this.target.hostname);
    const pair = [client, database] as const;
    this.pairs.add(pair);
    let isAnswerLost = false;
    client.on('data', (bytes: Buffer) => {
      if (this.forbidden && bytes.includes(this.forbidden)) {
        this.cut(pair, 'anywhere');
        return;
      }
      const where = bytes.includes(COMMIT) ? this.next : undefined;
      if (where === undefined) {
        database.write(bytes);
        return;
      }
      this.next = undefined;
      if (where === 'before COMMIT arrives') this.cut(pair, where);
      else if (where === 'before COMMIT is answered') {
        isAnswerLost = true;
        database.write(bytes);
      } else {
        // Handed over and cut in the same breath: PostgreSQL carries it out, or not.
        this.count(where);
        database.end(bytes);
        client.resetAndDestroy();
      }
    });
    database.on('data', (bytes: Buffer) => {
      if (isAnswerLost) this.cut(pair, 'before COMMIT is answered');
      else client.write(bytes);
    });
    for (const [one, other] of [pair, [database, client] as const]) {
      one.on('error', () => undefined);
      one.on('close', () => {
        this.pairs.delete(pair);
        other.destroy();
      });
    }
  }

  private cut(pair: readonly [client: Socket, database: Socket], where: Cut | 'anywhere'): void {
    this.count(where);
    for (const socket of pair) socket.resetAndDestroy();
  }

  private count(where: Cut | 'anywhere'): void {
    this.cuts.set(where, (this.cuts.get(where) ?? 0) + 1);
  }
}
