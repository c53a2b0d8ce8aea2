import cliProgress from 'cli-progress';

/** A bar on stderr that shows how far a long command has got; where stderr is no terminal, nothing is shown. */
export class ProgressBar {
  private readonly bar: cliProgress.SingleBar | undefined;

  /** @param what the command does, before the bar. */
  constructor(what: string) {
    if (!process.stderr.isTTY) return;
    this.bar = new cliProgress.SingleBar({
      format: `${what} [{bar}] {percentage} %, {eta_formatted} left`,
      clearOnComplete: true,
      hideCursor: true,
      stopOnComplete: false,
    });
    this.bar.start(1, 0);
  }

  /** Called with (done, total). */
  readonly show = (done: number, total: number): void => {
    this.bar?.setTotal(Math.max(total, 1));
    this.bar?.update(done);
  };

  /** Removes the bar. */
  stop(): void {
    this.bar?.stop();
  }
}
