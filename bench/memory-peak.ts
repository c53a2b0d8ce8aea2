import { readFileSync } from 'node:fs';

const INTERVAL = 50;

/** The most memory that a process had while something ran: samples of its resident set, where /proc tells it. */
export class MemoryPeak {
  private megabytes = 0;

  /** @param pid `undefined` for a server that somebody else has started. */
  constructor(private readonly pid: number | undefined) {}

  /** Runs something and notes the peak. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const timer = setInterval(() => {
      this.sample();
    }, INTERVAL);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.sample();
    }
  }

  /** The peak of all that ran, in MB (1,000,000 bytes); `undefined` where nothing is known. */
  get value(): number | undefined {
    return this.megabytes > 0 ? this.megabytes : undefined;
  }

  private sample(): void {
    if (this.pid === undefined) return;
    try {
      const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1];
      this.megabytes = Math.max(this.megabytes, Math.round((Number(kibibytes ?? 0) * 1024) / 1e6));
    } catch {
      // Not on this system.
    }
  }
}
