import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How long a program may take to end when it is asked to, in milliseconds. */
const PATIENCE = 15_000;

/** A node program that the bench has started. */
export class Program {
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private readonly ended: Promise<unknown>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const { PATH = '', HOME = '/' } = process.env;
    // The channel tells the bare server when the bench is gone.
    this.child = spawn(process.execPath, args, { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 2, 'ipc'] });
    this.ended = once(this.child, 'close');
    if (this.child.stdout)
      createInterface(this.child.stdout).on('line', (line) => {
        this.lines.push(line);
        this.child.emit('line');
      });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The first line of its output that matches; throws where it ends without one. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of this.lines) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      const more = await Promise.race([once(this.child, 'line').then(() => true), this.ended.then(() => false)]);
      if (!more && !this.lines.some((line) => pattern.test(line)))
        throw new Error(`a program ended without a line like ${String(pattern)}:\n${this.lines.join('\n')}`);
    }
  }

  /** Sends it a message. */
  send(message: string | number): void {
    this.child.send(message);
  }

  /** Sends it a message and waits for the next one from it, or for its end. */
  async ask(message: string): Promise<void> {
    const answer = once(this.child, 'message');
    this.send(message);
    await Promise.race([answer, this.ended]);
  }

  /** Asks it to end, and makes it where it does not. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  kill(): void {
    this.child.kill('SIGKILL');
  }
}

/** All programs of a run. */
export class Programs {
  private readonly started: Program[] = [];

  constructor() {
    process.once('exit', () => {
      for (const program of this.started) program.kill();
    });
  }

  start(args: readonly string[], env: Readonly<Record<string, string>>): Program {
    const program = new Program(args, env);
    this.started.push(program);
    return program;
  }

  /** Stops them all, the youngest first. */
  async stop(): Promise<void> {
    for (const program of this.started.splice(0).reverse()) await program.stop();
  }
}
