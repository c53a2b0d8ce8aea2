import { hash } from 'node:crypto';
import { type AnswerStep, type StepOf } from './steps.js';

/**
 * Answers 304 without a body where the client has the answer already (RFC 9110, 13.1.2), on routes with the rule
 * `tagged`. The tag is a weak one: the same document may be sent compressed or not.
 */
export const tagAnswers: StepOf<AnswerStep> = ({ config }) => {
  if (config?.tagged !== true) return undefined;
  return (request, reply, payload) => {
    if (reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const tag = `W/"${hash('sha1', payload, 'base64url')}"`;
    void reply.header('etag', tag);
    if (!matches(request.headers['if-none-match'], tag)) return payload;
    void reply.code(304).removeHeader('content-type').removeHeader('content-length');
    // Not an empty text, whose length would be sent as that of the document. For HEAD, Fastify uses the length only.
    return request.method === 'HEAD' ? payload : null;
  };
};

/** Whether a list of strong or weak tags contains this one; `*` matches any. */
function matches(list: string | undefined, tag: string): boolean {
  if (list === undefined) return false;
  return list.split(',').some((one) => one.trim() === '*' || `W/${one.trim().replace(/^W\//, '')}` === tag);
}
