import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Archive } from './archive.js';
import { type Program, type Programs } from './programs.js';

/** The server and the built command line; this file lies in `dist-bench/` when it runs. */
const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const MARIGRAM = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));

/** As `npm start` gives them. */
const FLAGS = ['--max-semi-space-size=64'];

/** A server of the bench's own with the embedded PostgreSQL, in a scratch directory that goes with it. */
export class OwnServer {
  private constructor(
    private readonly programs: Programs,
    private readonly directory: string,
    private readonly program: Program,
    readonly archive: Archive,
    /** From the start of the process until it listens, in seconds; it made its database on the way. */
    readonly startSeconds: number,
  ) {}

  /** @param profile a directory for a CPU profile of the server, which it writes when it stops. */
  static async start(programs: Programs, profile: string | undefined): Promise<OwnServer> {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'marigram-bench-')));
    // Registered after the programs' own listener, which ends the server first.
    process.once('exit', () => {
      discard(directory);
    });
    // As root, PostgreSQL runs as another user, who must get in.
    chmodSync(directory, 0o711);
    const env = { DATA_DIR: directory, PORT: '0', LOG_LEVEL: 'warn' };
    const begin = performance.now();
    const program = programs.start(
      [...FLAGS, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []), SERVER],
      env,
    );
    const [, origin = '', path = ''] = await program.line(/listens on (https?:\/\/[^/]+)(\/\S*)$/);
    const startSeconds = (performance.now() - begin) / 1000;
    const issuer = programs.start([MARIGRAM, 'key', 'issue', 'bench'], env);
    const [, key = ''] = await issuer.line(/^Key: (.*)$/);
    return new OwnServer(programs, directory, program, new Archive(origin, path, key), startSeconds);
  }

  /** Runs a command of `marigram` beside the server, until it has printed such a line. Throws where it does not. */
  async command(args: readonly string[], line: RegExp): Promise<void> {
    await this.programs.start([MARIGRAM, ...args], { DATA_DIR: this.directory }).line(line);
  }

  /** Sends it a message, see `server.ts`. */
  send(message: string): void {
    this.program.send(message);
  }

  /** Sends it a message and waits for its answer. */
  ask(message: string): Promise<void> {
    return this.program.ask(message);
  }

  get pid(): number {
    return this.program.pid;
  }

  /** The URL of its PostgreSQL. */
  databaseUrl(): string {
    const port = postmasterFile(this.directory)[3] ?? '';
    const password = readFileSync(join(this.directory, 'postgres.password'), 'utf8').trim();
    return `postgres://marigram:${password}@127.0.0.1:${port}/marigram`;
  }

  /** Stops what the server may have left and deletes the directory. */
  discard(): void {
    discard(this.directory);
  }
}

function discard(directory: string): void {
  const pid = Number(postmasterFile(directory)[0] ?? 0);
  try {
    // Ends its children too, unlike SIGKILL.
    if (pid > 1) process.kill(pid, 'SIGQUIT');
  } catch {
    // It is gone already.
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function postmasterFile(directory: string): string[] {
  const file = join(directory, 'postgres', 'postmaster.pid');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
}
