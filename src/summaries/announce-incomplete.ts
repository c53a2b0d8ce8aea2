import { type FastifyReply } from 'fastify';

/** When to ask again for a summary that is being back-filled. */
const RETRY_AFTER_SECONDS = 5;

/** Tells with `Retry-After` that an answer lacks what is still being back-filled. */
export function announceIncomplete({ incomplete }: { readonly incomplete: boolean }, reply: FastifyReply): void {
  if (incomplete) void reply.header('retry-after', RETRY_AFTER_SECONDS);
}
