import { type Sql } from './sql.js';

/** What is stored beside something else, in its transaction. */
export interface Companion {
  /** Checks, when the transaction has its locks, whether it may go on. Throws an `ArchiveError` where it must not. */
  check(sql: Sql): Promise<void>;
  /** Sends its statements, all of them before it returns; returns the results to come. */
  write(sql: Sql): Promise<unknown>[];
}
