import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger, pino } from 'pino';
import { createApp } from './app.js';
import { ApiKeyService } from './auth/api-key.service.js';
import { commandLine } from './common/command-line.js';
import { OperatorError } from './common/errors.js';
import { type AppConfig, loadConfig } from './config/config.js';
import { type OpenDatabase, openDatabase } from './open-database.js';

/**
 * Starts the server and resolves once it listens, after it has said so on stdout (the log goes to stderr). SIGTERM and
 * SIGINT stop it, also in the middle of the start: no new connections, requests in flight are answered, the pool is
 * closed, then the database.
 * Throws where it cannot start (an `OperatorError`, or `Unavailable` where the database goes away meanwhile); nothing is
 * left running then.
 */
export async function serve(env: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfig(env);
  const stopping = stopSignal();
  const logger = pino({ level: config.logLevel }, pino.destination(2));
  try {
    const stop = await start(config, env, logger, stopping);
    whenAborted(stopping, () => void finish(stop, logger, stopping));
  } catch (error) {
    if (!stopping.aborted) throw error;
    logger.info({ err: error }, `${String(stopping.reason)}: the start was given up`);
  }
}

/** Starts everything, and returns what stops it. Where it throws, everything is stopped already. */
async function start(
  config: AppConfig,
  env: NodeJS.ProcessEnv,
  logger: Logger,
  stopping: AbortSignal,
): Promise<() => Promise<void>> {
  const database = await openDatabase(config, 'server', logger, stopping);
  let app: NestFastifyApplication | undefined;
  const stop = async (): Promise<void> => {
    try {
      await app?.close();
    } finally {
      await database.stop();
    }
  };
  try {
    app = await createApp(config, database, logger);
    // Before it listens: a later failure must not end a working server.
    const hasKey = await app.get(ApiKeyService).hasAny();
    await listen(app, config);
    await announce(app, config, database, hasKey ? undefined : env);
    return stop;
  } catch (error) {
    await stop().catch((err: unknown) => {
      logger.error({ err }, 'stopping failed');
    });
    throw error;
  }
}

async function finish(stop: () => Promise<void>, logger: Logger, stopping: AbortSignal): Promise<void> {
  logger.info(`${String(stopping.reason)}: stopping`);
  try {
    await stop();
    process.exitCode = 0;
  } catch (error) {
    logger.error({ err: error }, 'stopping failed');
    process.exitCode = 1;
  }
}

/**
 * Aborted by the first signal that asks to stop, whose name is the reason. Later ones change nothing: Ctrl-C under npm
 * arrives twice, from the terminal and from npm, and the second must not cut the stop short.
 */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => {
      controller.abort(name);
    });
  return controller.signal;
}

function whenAborted(signal: AbortSignal, action: () => void): void {
  if (signal.aborted) action();
  else signal.addEventListener('abort', action, { once: true });
}

/** @param keyless the environment of an archive without a key, which is told how to issue one. */
async function announce(
  app: NestFastifyApplication,
  { pathPrefix }: AppConfig,
  { place }: OpenDatabase,
  keyless: NodeJS.ProcessEnv | undefined,
): Promise<void> {
  const origin = await app.getUrl();
  console.log(`Marigram listens on ${origin}${pathPrefix}/perfsonar/archive/`);
  console.log(`The reference of its API is at ${origin}/docs`);
  console.log(`The data are in ${place}`);
  if (!keyless) return;
  const command = `${sameDatabase(keyless)}${commandLine(keyless)} key issue USER --scope write`;
  console.log(`There is no API key yet; issue one with: ${command}`);
}

/** The prefix of a command in another terminal, so that it finds this server's database; no password is shown. */
function sameDatabase(env: NodeJS.ProcessEnv): string {
  if (env.DATABASE_URL) return 'DATABASE_URL=… ';
  return env.DATA_DIR ? `DATA_DIR=${env.DATA_DIR} ` : '';
}

async function listen(app: NestFastifyApplication, { host, port }: AppConfig): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE')
      throw new OperatorError(`Port ${port} on ${host} is in use: stop the other program or set PORT to another one.`);
    if (code === 'EACCES') throw new OperatorError(`Port ${port} needs privileges: set PORT to one above 1023.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new OperatorError(`HOST ${host} is no address of this machine.`);
    throw error;
  }
}
