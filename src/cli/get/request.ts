import { type Connection } from './connection.js';
import { type Filter } from '../filters.js';
import { type Format } from '../record-format.js';
import { type Screen } from '../screen.js';

/** What a reader asks for, and how to print it. */
export interface Request extends Connection {
  readonly filters: readonly Filter[];
  readonly format: Format;
  /** How many rows at most. */
  readonly limit?: number | undefined;
  readonly screen: Screen;
}
