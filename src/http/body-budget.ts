import { pipeline, Transform, type TransformCallback } from 'node:stream';
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
      done(length > SMALL ? this.refusal(request, reply, length) : undefined);
    });
    fastify.addHook('preParsing', (request, reply, payload, done) => {
      if (request.headers['transfer-encoding'] === undefined) {
        done(null, payload);
        return;
      }
      // A body that breaks off breaks the counter off, too; whoever reads that hears of it.
      done(
        null,
        pipeline(payload, this.counter(request, reply), () => undefined),
      );
    });
  }

  /** Takes room until the answer has ended; where there is none, returns why. */
  private refusal(request: FastifyRequest, { raw }: FastifyReply, bytes: number): Unavailable | undefined {
    const client = request.caller?.keyId ?? request.ip;
    const ofClient = (this.byClient.get(client) ?? 0) + bytes;
    if (ofClient > this.share)
      return new Unavailable('too much is being sent at once with this key or address, try again soon', RETRY_AFTER);
    if (this.taken + bytes > this.total)
      return new Unavailable('too much is being sent to the archive at once, try again soon', RETRY_AFTER);
    this.taken += bytes;
    this.byClient.set(client, ofClient);
    // Whether it was answered, refused or broken off.
    raw.once('close', () => {
      this.giveBack(client, bytes);
    });
    return undefined;
  }

  private giveBack(client: number | string, bytes: number): void {
    this.taken -= bytes;
    const left = (this.byClient.get(client) ?? 0) - bytes;
    if (left > 0) this.byClient.set(client, left);
    else this.byClient.delete(client);
  }

  /** A body without a length is counted as it comes, in steps. */
  private counter(request: FastifyRequest, reply: FastifyReply): Transform {
    let room = SMALL;
    let received = 0;
    const take = (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void => {
      received += chunk.length;
      let refusal: Unavailable | undefined;
      if (received > room) {
        const more = Math.max(room, received - room);
        refusal = this.refusal(request, reply, more);
        room += more;
      }
      if (refusal) done(refusal);
      else done(null, chunk);
    };
    return new Transform({ transform: take });
  }
}
