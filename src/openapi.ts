import { ModulesContainer, NestFactory, RouterModule } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject } from '@nestjs/swagger';
import { pino } from 'pino';
import { AppModule, routes } from './app.module.js';
import { loadConfig } from './config/config.js';
import { type OpenDatabase } from './open-database.js';
import { createAdapter } from './http/server.js';
import { createDocument } from './openapi/document.js';

/** The OpenAPI document of a server with the default configuration, made without a database. */
export async function defaultDocument(): Promise<OpenAPIObject> {
  const config = loadConfig({});
  // A preview makes no instance of anything, so that there may be no database.
  const nothing = {} as OpenDatabase;
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, nothing),
    createAdapter(config, pino({ level: 'silent' })),
    { preview: true, logger: false, abortOnError: false },
  );
  // Nor of the module that would set the paths.
  new RouterModule(app.get(ModulesContainer), routes(config));
  return createDocument(app, config);
}
