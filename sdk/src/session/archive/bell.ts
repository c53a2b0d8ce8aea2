/** Wakes one who waits; a ring that nobody has waited for is heard by the next one who does. */
export class Bell {
  private hasRung = false;
  private wake: (() => void) | undefined;

  ring(): void {
    this.hasRung = true;
    this.wake?.();
  }

  /** Resolves at the next ring, or after some time. Calls must not overlap. */
  async wait(milliseconds?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (!this.hasRung)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (milliseconds !== undefined) timer = setTimeout(resolve, milliseconds);
      });
    clearTimeout(timer);
    this.wake = undefined;
    this.hasRung = false;
  }
}
