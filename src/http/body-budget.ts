import { type Readable, Transform } from 'node:stream';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Unavailable } from '../common/errors.js';
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
      done(null, hasLength ? payload : counted(payload, this.room(request, reply)));
    });
  }

  /** The room of a request, which is given back when it is answered, refused or broken off. */
  private room(request: FastifyRequest, { raw }: FastifyReply): Room {
    const client = request.caller?.keyId ?? request.ip;
    let bytes = 0;
    raw.once('close', () => {
      this.add(client, -bytes);
    });
    return {
      take: (more) => {
        const refusal = this.refusal(client, more);
        if (!refusal) {
          this.add(client, more);
          bytes += more;
        }
        return refusal;
      },
    };
  }

  private refusal(client: number | string, bytes: number): Unavailable | undefined {
    if ((this.byClient.get(client) ?? 0) + bytes > this.share)
      return new Unavailable('too much is being sent at once with this key or address, try again soon', RETRY_AFTER);
    if (this.taken + bytes > this.total)
      return new Unavailable('too much is being sent to the archive at once, try again soon', RETRY_AFTER);
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
  take(bytes: number): Unavailable | undefined;
}

/** Passes on a body without a length, and takes room for it as it comes, in growing steps. */
function counted(body: Readable, room: Room): Transform {
  let taken = SMALL;
  let received = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      const more = received > taken ? Math.max(taken, received - taken) : 0;
      const refusal = more > 0 ? room.take(more) : undefined;
      taken += more;
      if (refusal) done(refusal);
      else done(null, chunk);
    },
  });
  // No pipeline(): where the counter refuses, that would close the connection before the answer.
  body.once('error', (error) => counter.destroy(error));
  // Whoever reads the body may have gone already, after a refusal; an error that nobody listens to ends the process.
  counter.on('error', () => undefined);
  return body.pipe(counter);
}
