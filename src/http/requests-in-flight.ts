import { type IncomingMessage } from 'node:http';
import { Overloaded } from '../common/errors.js';
import { type AnswerStep, type StepOf } from './steps.js';

/** Short, because requests end quickly. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Bounds the requests in progress over all connections; further ones get 503. A request counts until its answer is ready,
 * even if its client has disconnected. Health checks and the documentation always pass.
 */
export class RequestsInFlight {
  private readonly working = new Set<IncomingMessage>();

  constructor(private readonly most: number) {}

  /** The number of requests in progress. */
  get count(): number {
    return this.working.size;
  }

  /** Counts a request, or refuses it. */
  readonly begin: StepOf = ({ config }) => {
    if (config?.access === undefined) return undefined;
    return ({ raw }) => {
      if (this.working.size >= this.most)
        throw new Overloaded('too many requests are being answered at once, try again soon', RETRY_AFTER_SECONDS);
      this.working.add(raw);
    };
  };

  /** Ends the count of a request. */
  readonly end: StepOf<AnswerStep> = ({ config }) => {
    if (config?.access === undefined) return undefined;
    return ({ raw }, _reply, payload) => {
      this.working.delete(raw);
      return payload;
    };
  };
}
