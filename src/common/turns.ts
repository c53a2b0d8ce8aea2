import { setImmediate } from 'node:timers/promises';

/** How long work keeps the event loop at a time, in milliseconds. */
const TURN = 20;

/** Cuts long work into turns: between them others have the event loop. */
export class Turns {
  private begun = performance.now();

  /** Whether it is time to let others pass. */
  get isOver(): boolean {
    return performance.now() - this.begun > TURN;
  }

  /** Lets others pass, and begins the next turn. */
  async pass(): Promise<void> {
    await setImmediate();
    this.begun = performance.now();
  }
}

/** Runs steps, each of them short, to their end, and lets others pass between them. Throws what a step throws. */
export async function inTurns<T>(steps: Generator<void, T, void>, turns = new Turns()): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (turns.isOver) await turns.pass();
  }
}

/** Runs steps to their end at once: for work that is short. */
export function atOnce<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
