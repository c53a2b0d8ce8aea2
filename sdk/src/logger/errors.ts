import { type WriteReport } from './report.js';

/** A record or an event that can't be logged, or can't be written as it is. */
export class LoggerError extends Error {
  override readonly name: string = 'LoggerError';
}

/** Some writers failed. What they lack stays with the logger. */
export class LoggerWriteError extends LoggerError {
  override readonly name: string = 'LoggerWriteError';

  constructor(readonly report: WriteReport) {
    const failed = report.writers.flatMap(({ name, error }) => (error ? [`${name}: ${error.message}`] : []));
    super(`not all writers have all: ${failed.join('; ')}`);
  }
}
