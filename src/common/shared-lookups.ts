/** The running look-up, and the one that follows it. */
interface Flight<Value> {
  readonly running: Promise<Value>;
  next?: Promise<Value>;
}

/**
 * Coalesces concurrent look-ups: for each name, one runs and one waits. A caller that arrives while one runs shares the
 * next one, never the running one, which may have read before the caller's own last change was stored.
 */
export class SharedLookups<Value> {
  private readonly flights = new Map<string, Flight<Value>>();

  /** @param find looks one name up. */
  constructor(private readonly find: (name: string) => Promise<Value>) {}

  /** The result or error of `find` for the name, from a look-up that begins after this call. */
  get(name: string): Promise<Value> {
    const flight = this.flights.get(name);
    if (!flight) return this.start(name);
    const start = (): Promise<Value> => this.start(name);
    return (flight.next ??= flight.running.then(start, start));
  }

  private start(name: string): Promise<Value> {
    const flight: Flight<Value> = {
      running: this.find(name).finally(() => {
        if (!flight.next) this.flights.delete(name);
      }),
    };
    this.flights.set(name, flight);
    return flight.running;
  }
}
