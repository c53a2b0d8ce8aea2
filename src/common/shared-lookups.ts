/** A look-up that runs, and the one that follows it. */
interface Flight<Value> {
  readonly running: Promise<Value>;
  next?: Promise<Value>;
}

/**
 * Lets all who want to know the same thing at a time ask only once: of each name, one look-up runs and one waits.
 * Whoever comes while one runs shares the one after it, never the running one, which may have read before the caller's
 * own last change was stored.
 */
export class SharedLookups<Value> {
  private readonly flights = new Map<string, Flight<Value>>();

  /** @param find looks one name up. */
  constructor(private readonly find: (name: string) => Promise<Value>) {}

  /** What `find` returns, or throws, for the name; asked after this call, with all who call at the same time. */
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
