import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Chunk } from './chunk.js';
import { timesOf, valuesOf } from './points-payload.js';

/** The file of what an archive has refused, a line of JSON each: nothing is dropped silently. */
export class Refusals {
  constructor(private readonly directory: string) {}

  /** Keeps points, with the reason. */
  async points({ stream, row, parts }: Chunk, reason: Error): Promise<void> {
    await this.keep({ points: { stream, row, ts: parts.flatMap(timesOf), value: parts.flatMap(valuesOf) } }, reason);
  }

  /** Keeps anything else, with the reason. */
  async keep(record: object, reason: Error): Promise<void> {
    const line = { at: new Date().toISOString(), reason: reason.message, ...record };
    await appendFile(join(this.directory, 'refused.ndjson'), `${JSON.stringify(line)}\n`);
  }
}
