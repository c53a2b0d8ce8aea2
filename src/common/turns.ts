import { setImmediate } from 'node:timers/promises';

/** The longest time that work holds the event loop. */
const TURN_MS = 20;

/** Splits long work into turns, between which the event loop runs. */
export class Turns {
  private begun = performance.now();

  /** Whether the turn is over. */
  get isOver(): boolean {
    return performance.now() - this.begun > TURN_MS;
  }

  /** Yields to the event loop, and begins the next turn. */
  async pass(): Promise<void> {
    await setImmediate();
    this.begun = performance.now();
  }
}

/** Runs short steps to their end and yields to the event loop between turns. Throws what a step throws. */
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
