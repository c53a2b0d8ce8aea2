/** Runs pieces of work one after the other that have the same name, in the order in which they come. */
export class OneAtATime {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs work when all earlier work of this name is done, or has failed. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(name);
    const mine = before ? before.then(work, work) : work();
    this.last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(name) === mine) this.last.delete(name);
    }
  }
}
