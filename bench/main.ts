/** `npm run bench`: see docs/performance.md. The load comes from this process; server, database and limits have theirs. */
import { Archive } from './archive.js';
import { BareLimit } from './bare-limit.js';
import { CopyLimit } from './copy-limit.js';
import { MetadataRegistry } from './metadata.js';
import { type Options, parseOptions } from './options.js';
import { OwnServer } from './own-server.js';
import { Packing } from './packing.js';
import { Programs } from './programs.js';
import { machine, writeReport } from './report.js';
import { runRounds } from './rounds.js';
import { runScale } from './scale.js';
import { tableOf } from './table.js';
import { workloads } from './workloads/catalogue.js';
import { type Field } from './workloads/workload.js';

/** No round begins after so many milliseconds that would end after them; the run is given up after the second. */
const LAST_ROUND = 450_000;
const LIMIT = 475_000;

const programs = new Programs();
let server: OwnServer | undefined;
let copy: CopyLimit | undefined;

async function bench(options: Options): Promise<void> {
  const before = machine();
  let field: Field;
  if (options.url !== undefined) {
    const { origin, pathname } = new URL(options.url);
    const archive = new Archive(origin, pathname.replace(/\/*$/, '/'), options.key ?? '');
    field = { archive, registry: new MetadataRegistry(archive), bare: undefined, copy: undefined, packing: undefined };
  } else {
    server = await OwnServer.start(programs, options.profile);
    say(`the server listens after ${server.startSeconds.toFixed(1)} s, having made its database`);
    if (options.scale) {
      writeAndShow(options, before, await runScale(server, say, LAST_ROUND));
      return;
    }
    copy = await CopyLimit.open(server.databaseUrl());
    const { archive } = server;
    const limits = { bare: await BareLimit.start(programs), copy };
    field = { archive, registry: new MetadataRegistry(archive), ...limits, packing: new Packing(server) };
  }
  const chosen = workloads(field).filter(({ name, takesLong = false }) =>
    options.only.length === 0 ? !takesLong : options.only.includes(name),
  );
  for (const workload of chosen) await workload.prepare();
  say(`prepared after ${(performance.now() / 1000).toFixed(0)} s`);
  const rounds = { rounds: options.rounds, pid: server?.pid, deadline: LAST_ROUND, say };
  const measured = await runRounds(chosen, rounds);
  const postgres = await copy?.version();
  writeAndShow(options, { ...before, postgres }, { text: tableOf(measured.results), ...measured });
}

function writeAndShow({ json }: Options, ofMachine: object, { text, ...results }: { text: string }): void {
  console.log(text);
  say(`written to ${writeReport({ date: new Date().toISOString(), machine: ofMachine, ...results }, json)}`);
}

function say(message: string): void {
  console.error(message);
}

/** Ends all that was started; what does not end in time is killed when this process exits. */
async function cleanUp(): Promise<void> {
  await copy?.close();
  await programs.stop();
  server?.discard();
}

const stopping = new AbortController();
async function stop(reason: string, code: number): Promise<void> {
  if (stopping.signal.aborted) return;
  stopping.abort();
  say(`${reason}: stopping`);
  await cleanUp().catch(() => undefined);
  process.exit(code);
}

process.on('SIGINT', () => void stop('interrupted', 130));
process.on('SIGTERM', () => void stop('terminated', 143));
setTimeout(() => void stop('the bench took too long', 1), LIMIT).unref();

try {
  await bench(parseOptions(process.argv));
} catch (error) {
  // When the run is being stopped, what breaks off is no news.
  if (!stopping.signal.aborted) {
    console.error(error);
    process.exitCode = 1;
  }
}
if (!stopping.signal.aborted) {
  await cleanUp();
  process.exit();
}
