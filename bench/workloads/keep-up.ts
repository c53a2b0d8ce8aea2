import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Measurement } from '../load.js';
import { Programs } from '../programs.js';
import { type Field, type Target, type Workload } from './workload.js';

const UPLOADER = fileURLToPath(new URL('../uploader.js', import.meta.url));
const UPLOADERS = 8;
const SECONDS = 60;
/** Of each uploader. */
const PER_SECOND = 12_500;
/** How often what is stored is compared with the clock, in milliseconds. */
const INTERVAL = 250;

/**
 * 100,000 points a second from eight processes with the SDK, for a minute (B7): how far the rows that are stored fall
 * behind the clock, at most. No spool ever holds more than that. There is no limit to measure.
 */
export class KeepUp implements Workload {
  readonly name = 'B7';
  readonly title = 'behind 100,000 points/s';
  readonly unit = 's';
  readonly amount = 1;
  readonly target: Target = { at: 'most', value: 2 };
  readonly takesLong = true;
  private readonly programs = new Programs();
  private spools = '';

  constructor(private readonly field: Field) {}

  prepare(): Promise<void> {
    this.spools = mkdtempSync(join(tmpdir(), 'marigram-bench-spools-'));
    // Registered after the programs' own listener, which ends the uploaders first.
    process.once('exit', () => {
      rmSync(this.spools, { recursive: true, force: true });
    });
    return Promise.resolve();
  }

  limit(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Throws where an uploader ends without having stored all. */
  async ours(round: number): Promise<Measurement> {
    // A minute needs no warm-up.
    if (round === 0) return { seconds: 0, latencies: [], value: 0 };
    const { origin, key } = this.field.archive;
    const ids = Array.from({ length: UPLOADERS }, (_, index) => `bench-${Date.now()}-B7-${index}`);
    const uploaders = ids.map((id) =>
      this.programs.start([UPLOADER, origin, key, id, join(this.spools, id), String(SECONDS), String(PER_SECOND)], {}),
    );
    await Promise.all(uploaders.map((uploader) => uploader.line(/^ready$/)));
    const begin = Date.now() + INTERVAL;
    await this.register(ids, begin);
    for (const uploader of uploaders) uploader.send(begin * 1000);
    const ends = uploaders.map((uploader) => uploader.line(/^closed complete$/));
    const [value] = await Promise.all([this.longestLag(ids, begin), ...ends]);
    return { seconds: SECONDS, latencies: [], value };
  }

  private async register(ids: readonly string[], begin: number): Promise<void> {
    const body = JSON.stringify({ 'test-start': begin * 1000 });
    const requests = ids.map((id) => this.field.archive.sessionRequest('PUT', id, body));
    await this.field.archive.drive({ connections: 1, requests, status: 201 });
  }

  /** In seconds. */
  private async longestLag(ids: readonly string[], begin: number): Promise<number> {
    const requests = ids.map((id) => this.field.archive.sessionRequest('GET', id));
    let longest = 0;
    for (let clock = 0; clock < SECONDS;) {
      await sleep(INTERVAL);
      clock = (Date.now() - begin) / 1000;
      const answers = await this.field.archive.collect({ connections: 1, requests, status: 200 });
      const rows = answers.reduce((sum, answer) => sum + (JSON.parse(answer.toString()) as { rows: number }).rows, 0);
      longest = Math.max(longest, Math.min(clock, SECONDS) - rows / (UPLOADERS * PER_SECOND));
    }
    return longest;
  }
}
