import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Job } from '../src/jobs/job.js';
import { JobRunner } from '../src/jobs/job-runner.js';
import { startArchive, type TestArchive } from './support/archive.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

/** A job of the test's own, without a pause between its runs. */
function jobOf(name: string, run: Job['run'], options: Partial<Job> = {}): Job {
  return { name, every: 1, first: 0, exclusive: false, run, ...options };
}

/** How many runs of a job ended with a result, as `/metrics` says. */
async function runsOf(job: string, result: string, { http }: TestArchive = archive): Promise<number> {
  const { text } = await http.get('/metrics').expect(200);
  return Number(new RegExp(`marigram_job_runs_total{job="${job}",result="${result}"} (\\d+)`).exec(text)?.[1] ?? 0);
}

test('a job that fails runs again, and both are counted', async () => {
  let runs = 0;
  const flaky = jobOf('flaky', () => {
    if (++runs <= 2) throw new Error('not yet');
    return Promise.resolve(undefined);
  });
  archive.app.get(JobRunner).start([flaky]);
  await expect.poll(() => runsOf('flaky', 'done')).toBeGreaterThan(1);
  expect(await runsOf('flaky', 'failed')).toBe(2);
});

test('a job that the configuration does not ask for never runs', async () => {
  const done = () => Promise.resolve(undefined);
  archive.app.get(JobRunner).start([jobOf('unwanted', done, { enabled: false }), jobOf('wanted', done)]);
  await expect.poll(() => runsOf('wanted', 'done')).toBeGreaterThan(0);
  expect(await runsOf('unwanted', 'done')).toBe(0);
});

test('an exclusive job runs in one process at a time', async () => {
  const other = await archive.another();
  try {
    let release = (): void => undefined;
    const held = new Promise<undefined>((resolve) => {
      release = () => {
        resolve(undefined);
      };
    });
    const began = new Promise<void>((resolve) => {
      const run = (): Promise<undefined> => {
        resolve();
        return held;
      };
      archive.app.get(JobRunner).start([jobOf('alone', run, { exclusive: true, every: 3_600_000 })]);
    });
    await began;
    let runs = 0;
    const count = (): Promise<undefined> => {
      runs++;
      return Promise.resolve(undefined);
    };
    const same = jobOf('alone', count, { exclusive: true });
    expect(await other.app.get(JobRunner).run(same)).toBe(true);
    expect([runs, await runsOf('alone', 'skipped', other)]).toEqual([0, 1]);
    release();
    await expect
      .poll(async () => {
        await other.app.get(JobRunner).run(same);
        return runs;
      })
      .toBeGreaterThan(0);
  } finally {
    await other.close();
  }
});

test('one that is triggered during its run runs once more, after it', async () => {
  const runner = archive.app.get(JobRunner);
  let runs = 0;
  const steps: string[] = [];
  const run = async (): Promise<undefined> => {
    const number = ++runs;
    steps.push(`begin ${number}`);
    if (number === 1) for (const _ of [1, 2]) runner.trigger(job);
    await archive.query('SELECT 1');
    steps.push(`end ${number}`);
    return undefined;
  };
  const job: Job = jobOf('triggered', run, { every: 3_600_000 });
  runner.start([job]);
  await expect.poll(() => runsOf('triggered', 'done')).toBe(2);
  expect(steps).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('a stop aborts the run under way, waits for it and starts no other', async () => {
  const server = await archive.another();
  let isOver = false;
  let runs = 0;
  const began = new Promise<void>((resolve) => {
    const job = jobOf('long', async (signal) => {
      runs++;
      resolve();
      await new Promise((aborted) => {
        signal.addEventListener('abort', aborted);
      });
      await server.query('SELECT 1');
      isOver = true;
      return undefined;
    });
    server.app.get(JobRunner).start([job]);
  });
  await began;
  await server.app.get(JobRunner).onModuleDestroy();
  expect([isOver, runs]).toEqual([true, 1]);
  await server.close();
  expect(runs).toBe(1);
});
