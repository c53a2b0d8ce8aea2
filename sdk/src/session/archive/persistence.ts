import { ApiError, ConnectionError } from '../../errors.js';
import { pause, pauseMs } from '../../retry.js';

/** How to go on after a failure that may pass. */
export interface PersistenceOptions {
  /** How often a request is repeated: for ever unless given. */
  readonly retries?: number | undefined;
  /** The pause before the first repeat, doubled each time up to 30 s: 250 ms unless given. */
  readonly backoffMs?: number | undefined;
  /** Is told why nothing goes on, once for each reason: a warning of the process unless given. */
  readonly onProblem?: ((problem: Error) => void) | undefined;
}

const LONGEST_PAUSE_MS = 30_000;

/** A key may be mended while we wait. */
const KEY_PAUSE_MS = 30_000;

/** What the archive will say again, however often it is asked. */
export class Refused {
  constructor(readonly reason: ApiError) {}
}

/** Repeats requests until the archive takes them, or refuses them for good. */
export class Persistence {
  private readonly retries: number;
  private readonly backoffMs: number;
  private readonly onProblem: (problem: Error) => void;
  /** Why nothing goes on; `undefined` when something does. */
  problem: Error | undefined;

  constructor(
    { retries = Infinity, backoffMs = 250, onProblem }: PersistenceOptions,
    private readonly signal: AbortSignal,
  ) {
    this.retries = retries;
    this.backoffMs = backoffMs;
    this.onProblem =
      onProblem ??
      ((problem) => {
        process.emitWarning(`ArchiveBackend: ${problem.message}`);
      });
  }

  /**
   * What a request is answered, or its refusal. Rejects with the last failure when the repeats are used up, and with the
   * reason of the signal.
   */
  async run<T>(request: () => Promise<T>): Promise<T | Refused> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await request();
        this.problem = undefined;
        return answer;
      } catch (error) {
        if (error instanceof ApiError && isFinal(error)) return new Refused(error);
        if (!(error instanceof ApiError || error instanceof ConnectionError) || attempt > this.retries) throw error;
        this.tell(error);
        await pause(this.pauseAfter(error, attempt), this.signal);
      }
    }
  }

  /** Tells of a problem, unless it is the one that was told last. */
  tell(problem: Error): void {
    if (this.problem?.message === problem.message) return;
    this.problem = problem;
    this.onProblem(problem);
  }

  private pauseAfter(error: ApiError | ConnectionError, attempt: number): number {
    const isKey = error instanceof ApiError && (error.status === 401 || error.status === 403);
    const retryAfter = error instanceof ApiError ? error.retryAfter : undefined;
    return isKey ? KEY_PAUSE_MS : pauseMs(attempt, this.backoffMs, retryAfter, LONGEST_PAUSE_MS);
  }
}

/** A success that is none comes from something that is no archive, which may be gone later: a portal, a proxy's page. */
function isFinal({ status, retryAfter }: ApiError): boolean {
  if (status < 400 || status >= 500 || retryAfter !== undefined) return false;
  return ![401, 403, 408, 429].includes(status);
}
