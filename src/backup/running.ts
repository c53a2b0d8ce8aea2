/** What a long command tells and hears while it runs. */
export interface Running {
  /** Hears how much is done, of how much in all: never more than that. */
  onProgress?: (done: number, total: number) => void;
  /** Calls it off: nothing is left changed, and the signal's reason is thrown. */
  signal?: AbortSignal;
}
