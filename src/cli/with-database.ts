import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { pino } from 'pino';
import { AppModule } from '../app.module.js';
import { NestLogger } from '../common/nest-logger.js';
import { loadConfig } from '../config/config.js';
import { openDatabase } from '../open-database.js';

/**
 * Runs a command with the server's services over the configured database: beside a running server, or on its own. An
 * embedded database that was not running is started for the time of the command.
 */
export async function withDatabase(
  env: NodeJS.ProcessEnv,
  command: (app: INestApplicationContext, place: string) => Promise<void>,
): Promise<void> {
  const config = loadConfig(env);
  config.poolSize = 2;
  // No HTTP client waits: a command may take longer.
  config.statementTimeout = 0;
  const logger = pino({ level: 'warn' }, pino.destination(2));
  const database = await openDatabase(config, 'tool', logger);
  try {
    const app = await NestFactory.createApplicationContext(AppModule.forRoot(config, database), {
      abortOnError: false,
      logger: new NestLogger(logger),
    });
    try {
      await command(app, database.place);
    } finally {
      await app.close();
    }
  } finally {
    await database.stop();
  }
}
