import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyInstance, LogController } from 'fastify';
import { type Logger } from 'pino';
import { type AppConfig } from '../config/config.js';
import { answerBrokenRequest } from './error-body.js';
import { refuseExpectation, refuseUrl } from './headers.js';
import { boundPipelining } from './pipelining.js';

/** The longest key, event type or field that a URL may carry: a field has up to 1024 bytes, three characters each. */
const MAX_PARAM_LENGTH = 3 * 1024;

/**
 * Limit for a whole request to arrive: enough for a body of `BODY_LIMIT` on a slow line. Stalled uploads get 408; without
 * a limit Node would keep their connections and bytes for ever.
 */
const REQUEST_TIMEOUT_MS = 120_000;

/** Nest's adapter over a Fastify that passes bodies on as bytes; our own readers parse them. */
export function createAdapter(config: AppConfig, logger: Logger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: config.bodyLimit,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: config.trustProxy.length > 0 && [...config.trustProxy],
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: refuseUrl,
    skipMiddie: true, // there is no Express-style middleware
    // Node would answer a missing `Host` without a body; `checkUrl` answers with ours.
    http: { requireHostHeader: false },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  boundPipelining(fastify.server);
  fastify.server.on('checkExpectation', refuseExpectation);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  return adapter;
}
