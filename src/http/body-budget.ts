import { Readable } from 'node:stream';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Overloaded } from '../common/errors.js';
import { type AppConfig } from '../config/config.js';

/** Smaller bodies are not counted: a thousand of them are nothing, and most requests are of this kind. */
const SMALL = 16 * 1024;

/** In how many seconds to try again: bodies come and go quickly. */
const RETRY_AFTER = 1;

/**
 * Bounds the memory of bodies that are in flight, over all connections. Room for a body is taken when its length is
 * known, before it is read, and given back with the end of its answer. No client gets more than half of it, so that
 * others are served beside the one that floods; a body of BODY_LIMIT always fits alone.
 */
export class BodyBudget {
  private readonly total: number;
  private readonly share: number;
  private taken = 0;
  private readonly byClient = new Map<number | string, number>();

  constructor({ bodyBudget, bodyLimit }: AppConfig) {
    this.total = Math.max(bodyBudget, bodyLimit);
    this.share = Math.max(bodyBudget / 2, bodyLimit);
  }

  /** Counts all bodies from now on, before they are read. */
  install(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const length = Number(request.headers['content-length'] ?? 0);
      done(length > SMALL ? this.room(request, reply).take(length) : undefined);
    });
    fastify.addHook('preParsing', (request, reply, payload, done) => {
      const hasLength = request.headers['transfer-encoding'] === undefined;
      done(
        null,
        hasLength
          ? payload
          : Readable.from(counted(payload, this.room(request, reply), request.routeOptions.bodyLimit), {
              objectMode: false,
            }),
      );
    });
  }

  /** The room of a request, which is given back when it is answered, refused or broken off. */
  private room(request: FastifyRequest, { raw }: FastifyReply): Room {
    const client = request.caller?.keyId ?? request.ip;
    const { socket } = request.raw;
    let bytes = 0;
    const giveBack = (): void => {
      raw.off('close', giveBack);
      socket.off('close', giveBack);
      this.add(client, -bytes);
      bytes = 0;
    };
    raw.once('close', giveBack);
    // An answer that waits for others on its connection is not told when that ends.
    socket.once('close', giveBack);
    return {
      take: (more) => {
        // The client left while its key was looked up: nothing will be read, and no end is told any more.
        if (socket.destroyed) return undefined;
        const refusal = this.refusal(client, more);
        if (!refusal) {
          this.add(client, more);
          bytes += more;
        }
        return refusal;
      },
    };
  }

  private refusal(client: number | string, bytes: number): Overloaded | undefined {
    if ((this.byClient.get(client) ?? 0) + bytes > this.share)
      return new Overloaded('too much is being sent at once with this key or address, try again soon', RETRY_AFTER);
    if (this.taken + bytes > this.total)
      return new Overloaded('too much is being sent to the archive at once, try again soon', RETRY_AFTER);
    return undefined;
  }

  private add(client: number | string, bytes: number): void {
    this.taken += bytes;
    const ofClient = (this.byClient.get(client) ?? 0) + bytes;
    if (ofClient > 0) this.byClient.set(client, ofClient);
    else this.byClient.delete(client);
  }
}

/** What a request takes of the budget. */
interface Room {
  /** Takes more; where there is none, takes nothing and returns why. */
  take(bytes: number): Overloaded | undefined;
}

/**
 * Passes on a body without a length, and takes room for it as it comes, in growing steps up to the limit: whoever reads
 * it refuses what is larger. Nothing is read before somebody asks for it: of requests whose body has no meaning nobody
 * does.
 */
async function* counted(body: Readable, room: Room, limit: number): AsyncGenerator<Buffer, void, undefined> {
  let taken = SMALL;
  let received = 0;
  // Where this refuses, the connection must live on for the answer.
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received += chunk.length;
    const needed = Math.min(received, limit);
    const more = needed > taken ? Math.min(Math.max(taken, needed - taken), limit - taken) : 0;
    const refusal = more > 0 ? room.take(more) : undefined;
    if (refusal) {
      // What is still to come is thrown away, or the next request on the connection would wait behind it.
      setImmediate(() => body.resume());
      throw refusal;
    }
    taken += more;
    yield chunk;
  }
}
