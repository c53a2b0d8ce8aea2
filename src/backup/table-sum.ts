import { createHash } from 'node:crypto';
import { type TableSums } from './format.js';

const NEWLINE = 10;

/** Counts and digests the rows of a table while they pass. */
export class TableSum {
  private readonly digest = createHash('sha256');
  private bytes = 0;
  rows = 0;

  /** Adds rows in the text format of COPY, in which each ends with a newline and holds no other. */
  add(part: Buffer): void {
    this.digest.update(part);
    this.bytes += part.length;
    for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, at + 1)) this.rows++;
  }

  /** The result; nothing may be added after. */
  result(): TableSums {
    return { rows: this.rows, bytes: this.bytes, sha256: this.digest.digest('hex') };
  }
}
