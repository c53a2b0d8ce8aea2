import { type LoggerService } from '@nestjs/common';
import { type Logger } from 'pino';

/** Writes Nest's messages to our pino logger. What Nest calls "log" (its routes and modules) becomes `debug`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.logger.warn({ context }, String(message));
  }

  error(message: unknown, ...context: unknown[]): void {
    this.logger.error({ context }, String(message));
  }
}
