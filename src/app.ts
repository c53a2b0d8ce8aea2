import { NestFactory } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger } from 'pino';
import { AppModule } from './app.module.js';
import { AuditJob } from './audit/audit.job.js';
import { UsageJob } from './audit/usage.job.js';
import { Authenticator } from './auth/authenticator.js';
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
import { exactContentType, setHeaders } from './http/headers.js';
import { holdRefusals } from './http/held-refusals.js';
import { Methods } from './http/allowed-methods.js';
import { checkFormat } from './http/request.js';
import { checkClient, checkContentLength, checkContentType, checkPath, checkUrl } from './http/request-checks.js';
import { requestLog } from './http/request-log.js';
import { RequestsInFlight } from './http/requests-in-flight.js';
import { createAdapter } from './http/server.js';
import { addAnswerSteps, addSteps } from './http/steps.js';
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

  const fastify = app.getHttpAdapter().getInstance();
  const methods = app.get(Methods);
  const authenticator = app.get(Authenticator);
  const metrics = app.get(Metrics);
  const inFlight = new RequestsInFlight(config.maxRequests);
  const bodies = new BodyBudget(config);
  const jobs = app.get(JobRunner);
  metrics.countRequests = () => inFlight.count;
  fastify.decorateRequest('caller', null);
  methods.watch(fastify);

  // The steps in the order in which a request passes them; routes only get those that were there before them.
  addSteps(fastify, 'onRequest', [
    setHeaders(`/${PAGES}`, methods.allowed),
    checkClient,
    inFlight.begin,
    ...(config.trustProxy.length > 0 ? [readForwarded] : []),
    checkPath,
    authenticator.authenticate,
    checkUrl,
    checkContentType,
    checkContentEncoding,
    checkContentLength(config.bodyLimit),
    checkClient,
    bodies.reserve,
  ]);
  bodies.countPieces(fastify);
  addSteps(fastify, 'preHandler', [authenticator.confirm, checkFormat]);
  if (config.luna)
    holdRefusals(fastify, () => {
      metrics.lunaDeferred.inc();
    });
  addAnswerSteps(fastify, [inFlight.end, exactContentType, tagAnswers, endConnectionsOnStop(fastify)]);
  await compressAnswers(fastify);
  addSteps(fastify, 'onResponse', [requestLog(metrics, logger)]);
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
