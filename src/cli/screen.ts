import { once } from 'node:events';
import { styleText } from 'node:util';

/** How much is gathered before it is written: a write for each line would cost more than the line. */
const BUFFER = 32_768;

/** What people or programs read of a command: stdout, and its notes on stderr. */
export class Screen {
  /** How many columns a line has; a pipe has no end of them, unless COLUMNS says so. */
  readonly width: number;
  private buffer = '';

  constructor(
    private readonly stdout: NodeJS.WriteStream,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    const columns = stdout.isTTY ? stdout.columns : Number(env.COLUMNS);
    this.width = columns > 0 ? columns : Infinity;
    // Whoever reads has seen enough (`| head`): there is nobody left to tell.
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }

  /** Whether it is a terminal. */
  get isTerminal(): boolean {
    return this.stdout.isTTY;
  }

  /** Adds a line; resolves when there is room for more. */
  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** Adds a text; resolves when there is room for more. */
  async write(text: string): Promise<void> {
    this.buffer += text;
    if (this.buffer.length >= BUFFER) await this.flush();
  }

  /** Writes what is gathered. */
  async flush(): Promise<void> {
    const text = this.buffer;
    this.buffer = '';
    if (text !== '' && !this.stdout.write(text)) await once(this.stdout, 'drain');
  }

  /** A remark for people: on stderr, since it is no data. */
  note(text: string): void {
    console.error(text);
  }

  /** A heading, where there are colours. */
  bold(text: string): string {
    return this.hasColours ? styleText('bold', text) : text;
  }

  /** What matters less, where there are colours. */
  dim(text: string): string {
    return this.hasColours ? styleText('dim', text) : text;
  }

  private get hasColours(): boolean {
    return this.stdout.isTTY && !this.env.NO_COLOR && this.stdout.hasColors(this.env);
  }
}
