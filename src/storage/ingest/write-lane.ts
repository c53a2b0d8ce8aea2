import { type WriteRequest } from './write-batch.js';

/** Requests that are stored one by one beside the flusher, at most so many at a time, in the order of their arrival. */
export class WriteLane {
  private readonly waiting: WriteRequest[] = [];
  private running = 0;

  /** @param store stores one request and answers it; never throws. */
  constructor(
    private readonly most: number,
    private readonly store: (request: WriteRequest) => Promise<void>,
  ) {}

  add(request: WriteRequest): void {
    this.waiting.push(request);
    this.next();
  }

  private next(): void {
    while (this.running < this.most) {
      const request = this.waiting.shift();
      if (!request) return;
      this.running++;
      void this.store(request).finally(() => {
        this.running--;
        this.next();
      });
    }
  }
}
