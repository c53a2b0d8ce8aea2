/** How the caller of long work follows it and ends it early. */
export interface Progress {
  /** Called with (done, total) as the work advances, in a unit of the work's own; `done` never exceeds `total`. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the work between two of its transactions, or before anything is changed; the signal's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}
