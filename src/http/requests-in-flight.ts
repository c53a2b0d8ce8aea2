import { type FastifyInstance } from 'fastify';
import { type IncomingMessage } from 'node:http';
import { Overloaded } from '../common/errors.js';

/** In how many seconds to try again: requests come and go quickly. */
const RETRY_AFTER = 1;

/**
 * Bounds how many requests are worked on at a time, over all connections: beyond it 503. A request counts until its
 * answer is ready, also where its client has left; those of health and the documentation always pass. Returns what tells
 * how many there are.
 */
export function boundRequests(fastify: FastifyInstance, most: number): () => number {
  const working = new Set<IncomingMessage>();
  fastify.addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
    if (routeOptions.config.access === undefined) done();
    else if (working.size >= most)
      done(new Overloaded('too many requests are being answered at once, try again soon', RETRY_AFTER));
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
