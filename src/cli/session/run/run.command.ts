import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { type DataSession, type SessionReport } from 'marigram-client/session';
import { plain } from '../../get/quantity.js';
import { printable } from '../../text-table.js';
import { destinationOf } from '../../write-over-http.js';
import { exitCodeOf, start } from './child.js';
import { lineSource } from './line-source.js';
import { type NewSessionOptions, openSession } from './open-session.js';
import { StreamLines } from './stream-lines.js';

/** The options of `marigram session run`. */
export interface RunOptions extends NewSessionOptions {
  /** A file, or `-` for the stdout of the program. */
  readonly streams?: string;
  /** How many seconds the archive may take in the end. */
  readonly wait: number;
}

/** The exit code where points wait in the spool: `marigram session send` brings them away later. */
const SPOOLED = 75;

/**
 * Runs a program in a session of its own and exits with its code; the session is interrupted where that is not 0. Whatever
 * the program says reaches the spool before, so that nothing is lost where the archive is away.
 * Throws an `OperatorError`, without running it, where the archive refuses the session.
 */
export async function runInSession(
  env: NodeJS.ProcessEnv,
  command: readonly string[],
  options: RunOptions,
): Promise<void> {
  const to = await destinationOf(env, options);
  const session = await openSession(to, options);
  const lines = new StreamLines(session, (message) => {
    console.error(`marigram: ${printable(message)}`);
  });
  const environment = { ...env, MARIGRAM_SESSION: session.id, MARIGRAM_URL: to.url };
  const code = await run(command, environment, options.streams, lines).catch((error: unknown) => {
    console.error(`marigram: ${printable(asError(error).message)}`);
    return 1;
  });
  const report = await endSession(session, code, options);
  process.exitCode = code === 0 ? codeOf(report, lines) : code;
  for (const line of summaryOf(report, lines, options)) console.error(`marigram: ${printable(line)}`);
}

/** Runs a program, and returns its exit code when all of its lines are spooled. Throws where they can't be read. */
async function run(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  streams: string | undefined,
  lines: StreamLines,
): Promise<number> {
  const isPiped = streams === '-';
  const source = streams === undefined || isPiped ? undefined : await lineSource(streams);
  const child = start(command, env, isPiped ? 'pipe' : 'inherit');
  const live: Readable | null | undefined = child.stdout ?? source?.live;
  // Kept until the program has ended: its exit code is waited for in any case.
  const reading = live ? lines.read(live).then(() => undefined, asError) : undefined;
  const code = await exitCodeOf(child);
  const rest = await source?.end();
  if (rest) await lines.read(rest);
  const failure = await reading;
  if (failure) throw failure;
  return code;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function endSession(session: DataSession, code: number, { wait }: RunOptions): Promise<SessionReport> {
  const timeoutMs = 1000 * wait;
  if (code === 0) return session.close({ timeoutMs });
  await session.updateJob({ 'exit-code': code });
  return session.interrupt({ timeoutMs });
}

function codeOf({ backends }: SessionReport, { badLines }: StreamLines): number {
  const states = backends.map(({ status }) => status);
  if (badLines > 0 || states.includes('refused') || states.includes('failed')) return 1;
  return states.includes('spooled') ? SPOOLED : 0;
}

function summaryOf(
  { session, backends }: SessionReport,
  { rows, streams, badLines }: StreamLines,
  { spool }: RunOptions,
): string[] {
  const lines = [`session ${session}: ${plain(rows)} points in ${plain(streams)} streams`];
  if (badLines > 0) lines.push(`${plain(badLines)} lines were left out`);
  for (const { status, pending, refused, error } of backends) {
    const directory = join(spool, session);
    if (status === 'spooled')
      lines.push(`${plain(pending)} points wait for the archive: marigram session send ${directory}`);
    if (status === 'refused') lines.push(`the archive refused ${plain(refused)} points: see ${directory}`);
    if (error) lines.push(error.message);
  }
  return lines;
}
