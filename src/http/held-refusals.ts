import { type FastifyInstance } from 'fastify';

/** How long a request is held, in milliseconds: the clients give up after 5 seconds. */
export const HOLD_MS = 4000;

/** The statuses of refusals for now. */
const FOR_NOW = [429, 503];

/**
 * Holds refusals for now on routes with the rule `holdsRefusals`: 4 seconds after the request has arrived its connection is
 * closed, without an answer. Its client sends the request again then.
 * @param count called for each.
 */
export function holdRefusals(fastify: FastifyInstance, count: () => void): void {
  fastify.addHook('onSend', ({ raw: { socket }, routeOptions: { config } }, reply, payload, done) => {
    if (!config.holdsRefusals || !FOR_NOW.includes(reply.statusCode)) {
      done(null, payload);
      return;
    }
    count();
    setTimeout(() => {
      socket.destroy();
      done(null, payload);
    }, HOLD_MS - reply.elapsedTime);
  });
}
