import { type FastifyInstance } from 'fastify';
import { type IncomingMessage } from 'node:http';
import { Overloaded } from '../common/errors.js';

/** Short, because requests end quickly. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Bounds the requests in progress over all connections; further ones get 503. A request counts until its answer is ready,
 * even if its client has disconnected. Health checks and the documentation always pass. Returns a function that counts
 * the requests in progress.
 */
export function boundRequests(fastify: FastifyInstance, most: number): () => number {
  const working = new Set<IncomingMessage>();
  fastify.addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
    if (routeOptions.config.access === undefined) done();
    else if (working.size >= most)
      done(new Overloaded('too many requests are being answered at once, try again soon', RETRY_AFTER_SECONDS));
    else {
      working.add(raw);
      done();
    }
  });
  fastify.addHook('onSend', ({ raw }, _reply, payload, done) => {
    working.delete(raw);
    done(null, payload);
  });
  return () => working.size;
}
