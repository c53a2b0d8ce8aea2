import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { createApp } from './app.js';
import { ApiKeyService } from './auth/api-key.service.js';
import { StartError } from './common/errors.js';
import { type AppConfig, loadConfig } from './config/config.js';
import { openDatabase } from './database/open-database.js';

/**
 * Starts the server and resolves once it listens, after it has said so on stdout (the log goes to stderr). SIGTERM and
 * SIGINT stop it: no new connections, requests in flight are answered, the pool is closed, then the database.
 * Throws a `StartError` where it cannot start; nothing is left running then.
 */
export async function serve(env: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfig(env);
  const signal = stopSignal();
  const logger = pino({ level: config.logLevel }, pino.destination(2));
  const database = await openDatabase(config, 'server', logger);
  let app: NestFastifyApplication | undefined;
  const stop = async (): Promise<void> => {
    // Nest closes the pool with the app; without an app nobody has.
    await (app ? app.close() : database.dataSource.destroy());
    await database.stop();
  };
  try {
    app = await createApp(config, database, logger);
    await listen(app, config);
  } catch (error) {
    await stop();
    throw error;
  }
  console.log(`Marigram listens on ${await app.getUrl()}${config.pathPrefix}/perfsonar/archive/`);
  console.log(`The data are in ${database.place}`);
  if (!(await app.get(ApiKeyService).hasAny()))
    console.log(`There is no API key yet; issue one with: ${sameDatabase(env)}${ISSUE_KEY}`);
  void signal.then(async (name) => {
    logger.info(`${name}: stopping`);
    try {
      await stop();
      process.exitCode = 0;
    } catch (error) {
      logger.error({ err: error }, 'stopping failed');
      process.exitCode = 1;
    }
  });
}

/**
 * The first signal that asks to stop, also when it comes during the start. Later ones change nothing: Ctrl-C under npm
 * arrives twice, from the terminal and from npm, and the second must not cut the stop short.
 */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
  });
}

const ISSUE_KEY = 'npm run -s marigram -- key issue USER --scope write';

/** What must stand before a command in another terminal, so that it finds this server's database; no password is shown. */
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
      throw new StartError(`Port ${port} on ${host} is in use: stop the other program or set PORT to another one.`);
    if (code === 'EACCES') throw new StartError(`Port ${port} needs privileges: set PORT to one above 1023.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new StartError(`HOST ${host} is no address of this machine.`);
    throw error;
  }
}
