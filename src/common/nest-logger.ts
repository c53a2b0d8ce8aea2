import { type LoggerService } from '@nestjs/common';
import { type Logger } from 'pino';

/** Nest's messages to the one pino instance; what Nest calls "log" (its routes, its modules) is `debug` to us. */
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
