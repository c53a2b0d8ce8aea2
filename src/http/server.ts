import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyInstance, LogController } from 'fastify';
import { type Logger } from 'pino';
import { type AppConfig } from '../config/config.js';
import { answerBrokenRequest } from './error-body.js';
import { refuseExpectation, refuseUrl } from './headers.js';
import { boundPipelining } from './pipelining.js';

/** The longest key or event type that a URL may carry. */
const MAX_PARAM_LENGTH = 300;

/**
 * How long a whole request may take to arrive, in milliseconds: enough for a body of `BODY_LIMIT` on a slow line, and
 * an end to uploads that stall. Then 408; without it Node would hold the connection and what came for ever.
 */
const REQUEST_TIMEOUT = 120_000;

/** Nest's adapter over a Fastify that hands out bodies as they came: our own readers take them apart. */
export function createAdapter(config: AppConfig, logger: Logger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: config.bodyLimit,
    requestTimeout: REQUEST_TIMEOUT,
    trustProxy: config.trustProxy.length > 0 && [...config.trustProxy],
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: refuseUrl,
    skipMiddie: true, // there is no Express-style middleware
    // Node would refuse a request without it by an answer of no text; `checkUrl` does so by ours.
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
