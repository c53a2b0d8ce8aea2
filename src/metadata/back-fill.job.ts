import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { BackFill } from '../storage/rollups/back-fill.js';

/** How much of each window is filled before the answer to the POST that asked for it: 10 steps, 200,000 points. */
const STEPS_AT_ONCE = 10;

/** The pause after a failure, in milliseconds. */
const PAUSE = 2000;

/** How often to look for what others have left, in milliseconds. */
const WATCH = 60_000;

/** Sees to it that summaries registered late are filled: small ones at once, large ones in the background. */
@Injectable()
export class BackFillJob implements OnModuleDestroy {
  private readonly logger = new Logger(BackFillJob.name);
  private running: Promise<void> | undefined;
  private stopping = false;
  private timer: NodeJS.Timeout | undefined;
  private watch: NodeJS.Timeout | undefined;

  constructor(private readonly backFill: BackFill) {}

  /**
   * Goes on with what an earlier run of the server has left, and looks again from time to time: another server may
   * have ended in the middle. For servers only, not for commands.
   */
  start(): void {
    this.continue();
    this.watch = setInterval(() => {
      this.continue();
    }, WATCH).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearInterval(this.watch);
    clearTimeout(this.timer);
    await this.running;
  }

  /** Fills what a metadata lacks; what takes long, or fails, goes on in the background. */
  async fill(metadataKey: string): Promise<void> {
    let complete = false;
    try {
      complete = await this.fillSome(metadataKey);
    } finally {
      if (!complete) this.continue();
    }
  }

  private async fillSome(metadataKey: string): Promise<boolean> {
    let complete = true;
    for (const lacking of await this.backFill.lacking(metadataKey))
      complete = (await this.backFill.run(lacking, STEPS_AT_ONCE)) && complete;
    return complete;
  }

  private continue(): void {
    if (this.stopping) return;
    this.running ??= this.all()
      .catch((error: unknown) => {
        this.logger.warn(`filling summaries failed, tried again soon: ${String(error)}`);
        this.timer = setTimeout(() => {
          this.continue();
        }, PAUSE).unref();
      })
      .finally(() => {
        this.running = undefined;
      });
  }

  /** One step of each window in turn, so that no large one keeps the small ones waiting. */
  private async all(): Promise<void> {
    for (;;) {
      const lacking = await this.backFill.lacking();
      if (lacking.length === 0) return;
      for (const one of lacking) {
        if (this.stopping) return;
        await this.backFill.run(one, 1);
      }
    }
  }
}
