/** The puts of one round of the event loop. */
export class Delivery {
  /** Resolves when every backend has taken them. */
  readonly taken: Promise<void>;
  settle!: (taken: Promise<unknown>) => void;

  constructor() {
    this.taken = new Promise<unknown>((resolve) => {
      this.settle = resolve;
    }).then(() => undefined);
  }
}
