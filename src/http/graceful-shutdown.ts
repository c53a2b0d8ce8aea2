import { type FastifyInstance } from 'fastify';
import { type AnswerStep, type StepOf } from './steps.js';

/**
 * Limit for requests in flight when the server stops. Without it, a client that stalls in the middle of a request or does
 * not read its answer could delay the stop for ever.
 */
const SHUTDOWN_TIMEOUT_MS = 10_000;

/**
 * Closes each connection after its current response once the server stops: Fastify itself closes only connections that
 * are idle at that moment. Connections that are still open after `SHUTDOWN_TIMEOUT_MS` are cut. Returns the step of
 * answers that tells the client.
 */
export function endConnectionsOnStop(fastify: FastifyInstance): StepOf<AnswerStep> {
  let stopping = false;
  fastify.addHook('preClose', (done) => {
    stopping = true;
    // For responses that began before the stop, such as long reads; 0 would mean no limit.
    fastify.server.keepAliveTimeout = 1;
    const deadline = setTimeout(() => {
      fastify.server.closeAllConnections();
    }, SHUTDOWN_TIMEOUT_MS).unref();
    fastify.server.once('close', () => {
      clearTimeout(deadline);
    });
    done();
  });
  return () => (_request, reply, payload) => {
    if (stopping) void reply.header('connection', 'close');
    return payload;
  };
}
