import { Readable } from 'node:stream';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Overloaded } from '../common/errors.js';
import { type AppConfig } from '../config/config.js';
import { isPacked, unpacked } from './content-encoding.js';
import { type StepOf } from './steps.js';

/** Smaller bodies are not counted: most requests have one, and a thousand of them need little memory. */
const UNCOUNTED_BYTES = 16 * 1024;

/** Short, because bodies are read and released quickly. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Bounds the memory of request bodies in flight, over all connections. A body reserves its length before it is read and
 * releases it when the response ends. One client may reserve half of the budget at most, so that others are served beside
 * one that floods; a body of BODY_LIMIT always fits alone.
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

  /** Reserves the declared length of a body. */
  readonly reserve: StepOf = () => (request, reply) => {
    const length = Number(request.headers['content-length'] ?? 0);
    const refusal = length > UNCOUNTED_BYTES ? this.reservation(request, reply).take(length) : undefined;
    if (refusal) throw refusal;
  };

  /** Has bodies without a length, and those that are unpacked, counted as they are read. */
  countPieces(fastify: FastifyInstance): void {
    fastify.addHook('preParsing', (request, reply, payload, done) => {
      const { headers } = request;
      const packed = isPacked(request);
      if (headers['transfer-encoding'] === undefined && !packed) {
        done(null, payload);
        return;
      }
      const { bodyLimit } = request.routeOptions;
      const body = packed ? unpacked(payload, bodyLimit) : payload;
      const pieces = counted(body, this.reservation(request, reply), bodyLimit);
      // Fastify compares the length of a body with its header.
      const receivedEncodedLength = packed ? Number(headers['content-length'] ?? 0) : 0;
      done(null, Object.assign(Readable.from(pieces, { objectMode: false }), { receivedEncodedLength }));
    });
  }

  /** The reservation of a request; released when the request is answered, refused or aborted. */
  private reservation(request: FastifyRequest, { raw }: FastifyReply): Reservation {
    const client = request.caller?.keyId ?? request.ip;
    const { socket } = request.raw;
    let bytes = 0;
    const release = (): void => {
      raw.off('close', release);
      socket.off('close', release);
      this.add(client, -bytes);
      bytes = 0;
    };
    raw.once('close', release);
    // A response queued behind others on its connection gets no event when the connection closes.
    socket.once('close', release);
    return {
      take: (more) => {
        // The client disconnected while its key was looked up: nothing will be read, and no close event follows.
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
      return new Overloaded(
        'too much is being sent at once with this key or address, try again soon',
        RETRY_AFTER_SECONDS,
      );
    if (this.taken + bytes > this.total)
      return new Overloaded('too much is being sent to the archive at once, try again soon', RETRY_AFTER_SECONDS);
    return undefined;
  }

  private add(client: number | string, bytes: number): void {
    this.taken += bytes;
    const ofClient = (this.byClient.get(client) ?? 0) + bytes;
    if (ofClient > 0) this.byClient.set(client, ofClient);
    else this.byClient.delete(client);
  }
}

/** The part of the budget that a request has reserved. */
interface Reservation {
  /** Reserves more bytes, or reserves nothing and returns the error. */
  take(bytes: number): Overloaded | undefined;
}

/**
 * Passes on a body without a length, or one that is unpacked, and reserves memory as it arrives, in growing steps up to
 * the limit; its reader refuses larger ones. Nothing is read until a reader asks, which none does where a request's
 * body has no meaning.
 */
async function* counted(
  body: Readable,
  reservation: Reservation,
  limit: number,
): AsyncGenerator<Buffer, void, undefined> {
  let taken = UNCOUNTED_BYTES;
  let received = 0;
  // After a refusal the connection must stay open for the response.
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received += chunk.length;
    const needed = Math.min(received, limit);
    const more = needed > taken ? Math.min(Math.max(taken, needed - taken), limit - taken) : 0;
    const refusal = more > 0 ? reservation.take(more) : undefined;
    if (refusal) {
      // Discard the rest, or the next request on the connection would wait behind it.
      setImmediate(() => body.resume());
      throw refusal;
    }
    taken += more;
    yield chunk;
  }
}
