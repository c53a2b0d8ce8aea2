/**
 * What became of the data of a session in one backend. `complete`: all is there. `spooled`: some waits on the disk, for
 * `ArchiveBackend.resume`. `refused`: some was refused for good. `failed`: the backend broke, and was put aside.
 */
export interface BackendReport {
  readonly status: 'complete' | 'spooled' | 'refused' | 'failed';
  /** How many points are there. */
  readonly rows?: number | undefined;
  /** How many points wait. */
  readonly pending?: number | undefined;
  /** How many points were refused. */
  readonly refused?: number | undefined;
  /** Why it is not complete. */
  readonly error?: Error | undefined;
  /** Where the session is to be seen. */
  readonly url?: string | undefined;
}

/** How a session ended. */
export interface SessionReport {
  /** Its id. */
  readonly session: string;
  /** In the order in which they were subscribed. */
  readonly backends: readonly NamedReport[];
}

/** How a session ended in one backend. */
export interface NamedReport extends BackendReport {
  readonly name: string;
  readonly rows: number;
  readonly pending: number;
  readonly refused: number;
}

/** A sentence about what is not complete; `undefined` where all is. */
export function complaintOf({ session, backends }: SessionReport): string | undefined {
  const parts = backends
    .filter(({ status }) => status !== 'complete')
    .map(({ name, status, pending, refused, error }) => {
      const counts = [
        ...(pending > 0 ? [`${pending} points wait`] : []),
        ...(refused > 0 ? [`${refused} points refused`] : []),
        ...(error ? [error.message] : []),
      ];
      return `${name} ${status}${counts.length > 0 ? ` (${counts.join(', ')})` : ''}`;
    });
  return parts.length > 0 ? `session ${session}: ${parts.join('; ')}` : undefined;
}
