/** Tells a reader of a spool that there is more, also where it is not waiting yet. */
export class News {
  private isThere = false;
  private wake: () => void = () => undefined;

  tell(): void {
    this.isThere = true;
    this.wake();
  }

  /** Forgets what was told. Call it before the spool is read: what comes in between is read in the next round. */
  forget(): void {
    this.isThere = false;
  }

  /** Resolves when something was told since `forget`, or after some time. */
  async wait(milliseconds = Infinity): Promise<void> {
    if (this.isThere) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (milliseconds < Infinity) timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
  }
}
