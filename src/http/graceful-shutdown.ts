import { type FastifyInstance } from 'fastify';

/**
 * How long a stop waits for requests in flight, in milliseconds. A client that stalls in the middle of a request, or
 * does not read its answer, would keep the server from ending for as long as it likes.
 */
const GRACE = 10_000;

/**
 * Keeps a stop from waiting for clients that hold their connections open: a request that is answered while the server
 * stops is the last on its connection. Fastify itself only closes those that are idle when the stop begins. Whoever is
 * not done after `GRACE` is cut off.
 */
export function endConnectionsOnStop(fastify: FastifyInstance): void {
  let stopping = false;
  fastify.addHook('preClose', (done) => {
    stopping = true;
    // For answers that had begun before, such as long reads; 0 would mean no limit.
    fastify.server.keepAliveTimeout = 1;
    const deadline = setTimeout(() => {
      fastify.server.closeAllConnections();
    }, GRACE).unref();
    fastify.server.once('close', () => {
      clearTimeout(deadline);
    });
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) void reply.header('connection', 'close');
    done(null, payload);
  });
}
