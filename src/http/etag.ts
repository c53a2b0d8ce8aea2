import { hash } from 'node:crypto';
import { type onSendHookHandler } from 'fastify';

/**
 * Answers 304 without a body where the client has the answer already (RFC 9110, 13.1.2), on routes with the rule
 * `tagged`. The tag is a weak one: the same document may be sent compressed or not.
 */
export const tagAnswers: onSendHookHandler = (request, reply, payload, done) => {
  const isTagged = request.routeOptions.config.tagged === true && reply.statusCode === 200;
  if (!isTagged || typeof payload !== 'string') {
    done(null, payload);
    return;
  }
  const tag = `W/"${hash('sha1', payload, 'base64url')}"`;
  void reply.header('etag', tag);
  if (!matches(request.headers['if-none-match'], tag)) {
    done(null, payload);
    return;
  }
  void reply.code(304).removeHeader('content-type').removeHeader('content-length');
  // Not an empty text, whose length would be sent as that of the document. For HEAD, Fastify uses the length only.
  done(null, request.method === 'HEAD' ? payload : null);
};

/** Whether a list of strong or weak tags contains this one; `*` matches any. */
function matches(list: string | undefined, tag: string): boolean {
  if (list === undefined) return false;
  return list.split(',').some((one) => one.trim() === '*' || `W/${one.trim().replace(/^W\//, '')}` === tag);
}
