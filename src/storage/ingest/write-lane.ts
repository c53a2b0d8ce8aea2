import { type QueuedWrite } from './queued-write.js';

/** Stores requests one by one beside the flusher, a bounded number at a time, in the order of their arrival. */
export class WriteLane {
  private readonly waiting: QueuedWrite[] = [];
  private running = 0;

  /**
   * @param width the number of requests stored at a time.
   * @param store stores one request and answers it; never throws.
   */
  constructor(
    private readonly width: number,
    private readonly store: (write: QueuedWrite) => Promise<void>,
  ) {}

  add(write: QueuedWrite): void {
    this.waiting.push(write);
    this.startNext();
  }

  private startNext(): void {
    while (this.running < this.width) {
      const write = this.waiting.shift();
      if (!write) return;
      this.running++;
      void this.store(write).finally(() => {
        this.running--;
        this.startNext();
      });
    }
  }
}
