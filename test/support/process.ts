import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { identify, isAlive, type ProcessIdentity } from '../../src/embedded-postgres/process-identity.js';

/** The directory of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How the server and the command line are started from the project's directory, without npm. */
export const SERVER: Command = [process.execPath, join(ROOT, 'dist/src/main.js')];
export const MARIGRAM: Command = [process.execPath, join(ROOT, 'dist/src/cli/main.js')];

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** Where and as whom to run a program. */
export interface RunOptions {
  /** The project's directory unless given. */
  cwd?: string;
  /** This process's user unless given, which takes root. */
  uid?: number;
  gid?: number;
}

/** How a program ended. */
export interface Ending {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that was started with an environment of its own: nothing of the tests' environment is in it. */
export class Program {
  stdout = '';
  stderr = '';
  /** Resolves when the program is gone and all of its output is here. */
  readonly ended: Promise<Ending>;
  private readonly child: ChildProcess;

  constructor([program, ...args]: Command, env: Readonly<Record<string, string>>, options: RunOptions = {}) {
    const { PATH = '', HOME = '/' } = process.env;
    this.child = spawn(program, args, {
      cwd: ROOT,
      ...options,
      env: { PATH, HOME, npm_config_update_notifier: 'false', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a terminal would make it.
      detached: true,
    });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(this.child, 'close').then(([code, signal]) => ({
      code: (code ?? signal) as Ending['code'],
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** The first line of stdout that matches; waits for it. Throws what the program said if it ends without such a line. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of lines(this.stdout)) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        const { code, stderr } = await this.ended;
        if (!lines(this.stdout).some((line) => pattern.test(line)))
          throw new Error(`It ended with ${code} and without a line ${String(pattern)}: ${this.stdout}${stderr}`);
      }
      await sleep(10);
    }
  }

  /** Sends a signal to the program alone, or to all of its group, as Ctrl-C on a terminal does. */
  signal(signal: NodeJS.Signals, to: 'program' | 'group' = 'program'): void {
    process.kill(to === 'group' ? -this.pid : this.pid, signal);
  }

  /** The number of the process. */
  get pid(): number {
    return this.child.pid!;
  }

  /** Whether a process of its group still runs. */
  get isGroupAlive(): boolean {
    try {
      return process.kill(-this.pid, 0);
    } catch {
      return false;
    }
  }
}

/** A request to a server; a body that is no string is sent as JSON. */
export interface WireRequest {
  key?: string;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** A server that listens. */
export class RunningServer {
  constructor(
    readonly program: Program,
    /** Such as `http://127.0.0.1:8080`. */
    readonly origin: string,
    /** The path of the archive, with a slash at its end. */
    readonly archive: string,
  ) {}

  fetch(method: string, path: string, { key, body, headers }: WireRequest = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Token ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  /** The JSON of an answer with this status; throws what came instead. */
  async json<T>(status: number, method: string, path: string, request: WireRequest = {}): Promise<T> {
    const response = await this.fetch(method, path, request);
    const text = await response.text();
    if (response.status !== status)
      throw new Error(`${method} ${path}: ${response.status} instead of ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Registers a metadata with these event types and returns its path. */
  async register(key: string, ...eventTypes: string[]): Promise<string> {
    const body = {
      'subject-type': 'point-to-point',
      source: '192.0.2.1',
      destination: '192.0.2.2',
      'measurement-agent': '192.0.2.1',
      'tool-name': 'pscheduler/iperf3',
      'input-source': 'ps1.example.net',
      'input-destination': 'ps2.example.net',
      'event-types': eventTypes.map((name) => ({ 'event-type': name })),
    };
    return (await this.json<{ uri: string }>(201, 'POST', this.archive, { key, body })).uri;
  }

  /** All points of an event type as [time, value]. */
  async points(uri: string, eventType: string): Promise<[number, unknown][]> {
    const path = `${uri}${eventType}/base?time-start=0&limit=1000000`;
    const points = await this.json<{ ts: number; val: unknown }[]>(200, 'GET', path);
    return points.map(({ ts, val }) => [ts, val]);
  }

  /** The status of /health/ready; a server that does not answer at all has none. */
  async readiness(): Promise<number> {
    return (await this.fetch('GET', '/health/ready')).status;
  }

  /** Stops it as an admin would, and waits until it has ended. */
  stop(): Promise<Ending> {
    this.program.signal('SIGTERM');
    return this.program.ended;
  }
}

/** Starts programs and makes directories for them, and in the end leaves none of either behind. */
export class Sandbox {
  private readonly programs: Program[] = [];
  private readonly directories: string[] = [];
  private readonly onExit = (): void => {
    for (const program of this.programs) if (program.isGroupAlive) program.signal('SIGKILL', 'group');
  };

  constructor() {
    process.once('exit', this.onExit);
  }

  /** A new directory, which can be a DATA_DIR or hold one: whoever PostgreSQL runs as may pass through it. */
  directory(): string {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'marigram-process-')));
    chmodSync(directory, 0o711);
    this.directories.push(directory);
    return directory;
  }

  /** Starts a program without waiting for anything. */
  launch(command: Command, env: Readonly<Record<string, string>>, options?: RunOptions): Program {
    const program = new Program(command, env, options);
    this.programs.push(program);
    return program;
  }

  /** Runs a program to its end. */
  run(command: Command, env: Readonly<Record<string, string>>, options?: RunOptions): Promise<Ending> {
    return this.launch(command, env, options).ended;
  }

  /** Starts a server on any free port (unless `env` has one) and waits until it says that it listens. */
  async start(
    env: Readonly<Record<string, string>>,
    command: Command = SERVER,
    options?: RunOptions,
  ): Promise<RunningServer> {
    const program = this.launch(command, { PORT: '0', ...env }, options);
    const [, origin = '', archive = ''] = await program.line(/listens on (https?:\/\/[^/]+)(\/\S*)$/);
    return new RunningServer(program, origin, archive);
  }

  /** Issues a key with scope `write` and returns it. */
  async issueKey(env: Readonly<Record<string, string>>): Promise<string> {
    const { stdout, stderr } = await this.run([...MARIGRAM, 'key', 'issue', 'tester'], env);
    const key = /^Key: (.*)$/m.exec(stdout)?.[1];
    if (key === undefined) throw new Error(`no key: ${stdout}${stderr}`);
    return key;
  }

  /** Kills what still runs and deletes the directories. */
  async dispose(): Promise<void> {
    process.off('exit', this.onExit);
    this.onExit();
    await Promise.all(this.programs.map(({ ended }) => ended));
    for (const directory of this.directories) {
      for (const dataDir of [directory, join(directory, 'data')]) await killPostgres(dataDir);
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** The PostgreSQL that runs in a data directory, if any. */
export function postgresOf(dataDir: string): ProcessIdentity | undefined {
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  // For a moment it is there and empty.
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  return pid > 0 ? identify(pid) : undefined;
}

/** The URL of the PostgreSQL that runs in a data directory. */
export function postgresUrlOf(dataDir: string): string {
  const port = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3]!;
  const password = readFileSync(join(dataDir, 'postgres.password'), 'utf8').trim();
  return `postgres://marigram:${password}@127.0.0.1:${port}/marigram`;
}

async function killPostgres(dataDir: string): Promise<void> {
  const postgres = postgresOf(dataDir);
  if (postgres === undefined) return;
  // Ends its children too, unlike SIGKILL.
  process.kill(postgres.pid, 'SIGQUIT');
  await until(() => !isAlive(postgres));
}

/** Sends a signal to a PostgreSQL and its processes; to the postmaster first: what it has no time to start needs none. */
export function signalAll(postmaster: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  process.kill(postmaster, signal);
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))!;
      if (Number(parent) === postmaster) process.kill(Number(entry), signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** The lines of a text, without the empty one after the last. */
export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** Waits until a condition holds; only the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

/** A port of the loopback interface that is free now. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return String(port);
}

/** Whether a program is installed here. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
