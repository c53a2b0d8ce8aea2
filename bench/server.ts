/**
 * The server as it is built, which in addition runs its packing job when the bench tells it to, by the message `pack`,
 * until `rest`, which it answers: of its own accord the job begins when the bench has ended.
 */

/** What is used of the job; the server is compiled apart, so that its types are not known here. */
interface Job {
  readonly name: string;
  run(signal: AbortSignal): Promise<string | undefined>;
}

interface BuiltJobs {
  readonly JobRunner: { readonly prototype: { start: (this: object, jobs: readonly Job[]) => void } };
}

const built = (path: string): string => new URL(`../dist/src/${path}`, import.meta.url).href;
const { JobRunner } = (await import(built('jobs/job-runner.js'))) as BuiltJobs;

let packing: Job | undefined;
const { prototype } = JobRunner;
const { start } = prototype;
prototype.start = function (jobs): void {
  packing = jobs.find(({ name }) => name === 'packing');
  start.call(this, jobs);
};

let stopping = new AbortController();
let run: Promise<unknown> | undefined;
process.on('message', (message) => {
  if (message === 'pack') {
    stopping = new AbortController();
    const { signal } = stopping;
    run = packing?.run(signal).catch((error: unknown) => {
      if (!signal.aborted) console.error(error);
    });
  } else void rest();
});
// Otherwise the server could not end by itself.
process.channel?.unref();

async function rest(): Promise<void> {
  stopping.abort();
  await run;
  process.send?.('resting');
}

await import(built('main.js'));
