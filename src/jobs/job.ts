/** Work that a running server repeats. Commands start no jobs. */
export interface Job {
  /** Unique; the log, the metrics and the lock of an exclusive job use it. */
  readonly name: string;
  /** Milliseconds from the end of a run to the start of the next one. */
  readonly every: number;
  /** Milliseconds from the start of the server to the first run. */
  readonly first: number;
  /** Whether only one process per database runs it at a time; the others skip that run. */
  readonly exclusive: boolean;
  /** Whether the configuration asks for it; default: true. */
  readonly enabled?: boolean;
  /** Milliseconds from a failure to the next run; default: `every`. */
  readonly retryAfter?: number;
  /**
   * One run. Whatever it throws is logged by the runner, and the job runs again later. Resolves with what was done, in
   * words for the log, or with `undefined` where there is nothing to say.
   * @param signal aborted when the server stops: a run that may take seconds ends early, by throwing its reason or by
   *   returning.
   */
  run(signal: AbortSignal): Promise<string | undefined>;
}
