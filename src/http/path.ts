import { type onRequestHookHandler } from 'fastify';
import { NotFound } from '../common/errors.js';

/** Keys, event types, summary types and windows are made of these characters: anything else is no resource. */
const SEGMENT = /^[\w.@-]+$/;

/** Answers 404 to paths that can't name anything, before anything is looked up by them. */
export const checkPath: onRequestHookHandler = (request, _reply, done) => {
  const segments = Object.values((request.params ?? {}) as Record<string, string>);
  done(segments.every((segment) => SEGMENT.test(segment)) ? undefined : new NotFound('there is nothing at this path'));
};
