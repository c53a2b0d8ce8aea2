import { type FastifyInstance } from 'fastify';

/**
 * Keeps a stop from waiting for clients that hold their connections open: a request that is answered while the server
 * stops is the last on its connection. Fastify itself only closes those that are idle when the stop begins.
 */
export function endConnectionsOnStop(fastify: FastifyInstance): void {
  let stopping = false;
  fastify.addHook('preClose', (done) => {
    stopping = true;
    // For answers that had begun before, such as long reads; 0 would mean no limit.
    fastify.server.keepAliveTimeout = 1;
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) void reply.header('connection', 'close');
    done(null, payload);
  });
}
