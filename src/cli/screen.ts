import { once } from 'node:events';
import { styleText } from 'node:util';

/** Characters buffered before a write: one write a line would cost more than the line. */
const BUFFER_CHARACTERS = 32_768;

/** A command's output: data on stdout, notes on stderr. */
export class Screen {
  /** The width in columns; unlimited for a pipe, unless COLUMNS is set. */
  readonly width: number;
  private buffer = '';

  constructor(
    private readonly stdout: NodeJS.WriteStream,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    const columns = stdout.isTTY ? stdout.columns : Number(env.COLUMNS);
    this.width = columns > 0 ? columns : Infinity;
    // The reader has closed the pipe (`| head`): nothing more can be written.
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
    if (this.buffer.length >= BUFFER_CHARACTERS) await this.flush();
  }

  /** Writes the buffer. */
  async flush(): Promise<void> {
    const text = this.buffer;
    this.buffer = '';
    if (text !== '' && !this.stdout.write(text)) await once(this.stdout, 'drain');
  }

  /** A note for people, on stderr. */
  note(text: string): void {
    console.error(text);
  }

  /** A heading, in bold where the terminal has colours. */
  bold(text: string): string {
    return this.hasColours ? styleText('bold', text) : text;
  }

  /** Secondary text, dimmed where the terminal has colours. */
  dim(text: string): string {
    return this.hasColours ? styleText('dim', text) : text;
  }

  private get hasColours(): boolean {
    return this.stdout.isTTY && !this.env.NO_COLOR && this.stdout.hasColors(this.env);
  }
}
