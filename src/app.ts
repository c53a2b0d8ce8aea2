import { NestFactory } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger } from 'pino';
import { AppModule } from './app.module.js';
import { AuditJob } from './audit/audit.job.js';
import { UsageJob } from './audit/usage.job.js';
import { Authenticator } from './auth/authenticator.js';
import { RateLimits } from './auth/rate-limits.js';
import { NestLogger } from './common/nest-logger.js';
import { type AppConfig } from './config/config.js';
import { IdempotencyJob } from './data/idempotency.job.js';
import { type OpenDatabase } from './open-database.js';
import { BodyBudget } from './http/body-budget.js';
import { checkContentEncoding } from './http/content-encoding.js';
import { compressAnswers } from './http/compression.js';
import { ErrorFilter } from './http/error.filter.js';
import { tagAnswers } from './http/etag.js';
import { readForwarded } from './http/forwarded.js';
import { addHeaders, exactContentType, protectPages } from './http/headers.js';
import { holdRefusals } from './http/held-refusals.js';
import { Methods } from './http/allowed-methods.js';
import { checkFormat } from './http/request.js';
import { checkClient, checkContentLength, checkContentType, checkPath, checkUrl } from './http/request-checks.js';
import { requestLog } from './http/request-log.js';
import { boundRequests } from './http/requests-in-flight.js';
import { createAdapter } from './http/server.js';
import { endConnectionsOnStop } from './http/graceful-shutdown.js';
import { type Job } from './jobs/job.js';
import { JobRunner } from './jobs/job-runner.js';
import { BackFillJob } from './metadata/back-fill.job.js';
import { Metrics } from './metrics/metrics.js';
import { PAGES, Reference } from './openapi/reference.js';
import { PackingJob } from './packing/packing.job.js';
import { RetentionJob } from './retention/retention.job.js';
import { Replica } from './postgres/replica.js';
import { IdleSessionsJob } from './sessions/idle-sessions.job.js';

/** The server over an open database, with all its routes; not listening yet. Closing it leaves the database open. */
export async function createApp(
  config: AppConfig,
  database: OpenDatabase,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, database),
    createAdapter(config, logger),
    { bodyParser: false, abortOnError: false, logger: new NestLogger(logger) },
  );
  app.useGlobalFilters(new ErrorFilter());

  // The hooks in the order in which a request passes them; routes only get those that were there before them.
  const fastify = app.getHttpAdapter().getInstance();
  const methods = app.get(Methods);
  const authenticator = app.get(Authenticator);
  const jobs = app.get(JobRunner);
  fastify.decorateRequest('caller', null);
  fastify.decorateRequest('rateLimitKey', 0);
  await app.get(RateLimits).install(fastify);
  fastify.addHook('onRequest', addHeaders);
  fastify.addHook('onRequest', checkClient);
  app.get(Metrics).countRequests = boundRequests(fastify, config.maxRequests);
  if (config.trustProxy.length > 0) fastify.addHook('onRequest', readForwarded);
  fastify.addHook('onRequest', protectPages(`/${PAGES}`));
  methods.watch(fastify);
  fastify.addHook('onRequest', checkPath);
  fastify.addHook('onRequest', (request, reply) => authenticator.authenticate(request, reply));
  fastify.addHook('onRequest', checkUrl);
  fastify.addHook('onRequest', checkContentType);
  fastify.addHook('onRequest', checkContentEncoding);
  fastify.addHook('onRequest', checkContentLength);
  fastify.addHook('onRequest', checkClient);
  new BodyBudget(config).install(fastify);
  fastify.addHook('preHandler', (request, reply, done) => {
    const confirmed = authenticator.confirm(request, reply.elapsedTime);
    if (confirmed)
      confirmed.then(() => {
        done();
      }, done);
    else done();
  });
  fastify.addHook('preHandler', checkFormat);
  if (config.luna)
    holdRefusals(fastify, () => {
      app.get(Metrics).lunaDeferred.inc();
    });
  fastify.addHook('onSend', exactContentType);
  fastify.addHook('onSend', tagAnswers);
  await compressAnswers(fastify);
  endConnectionsOnStop(fastify);
  fastify.addHook('onResponse', requestLog(app.get(Metrics), logger));
  // When no request is left.
  fastify.addHook('onClose', async () => {
    await jobs.run(app.get(UsageJob));
  });

  await app.init();
  app.get(Reference).serve(app);
  await fastify.after(); // the pages are a plugin with routes of its own
  methods.answerOthers(fastify);
  await fastify.ready();
  await app.get(Replica).start();
  await app.get(RetentionJob).check();
  jobs.start(
    [RetentionJob, BackFillJob, AuditJob, IdempotencyJob, IdleSessionsJob, PackingJob, UsageJob].map((job): Job =>
      app.get(job),
    ),
  );
  return app;
}
