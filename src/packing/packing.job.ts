import { Injectable } from '@nestjs/common';
import { type Job } from '../jobs/job.js';
import { Metrics } from '../metrics/metrics.js';
import { Packer } from '../storage/points/packer.js';
import { PackingService } from './packing.service.js';

/** Four fifths of the time are for writers and readers. */
const REST = 4;

/** Packs loose points in the background; several servers share the work. */
@Injectable()
export class PackingJob implements Job {
  readonly name = 'packing';
  readonly first = 5 * 60_000;
  readonly every = 10 * 60_000;
  readonly exclusive = false;

  constructor(
    private readonly packing: PackingService,
    private readonly packer: Packer,
    private readonly metrics: Metrics,
  ) {}

  async run(signal: AbortSignal): Promise<string | undefined> {
    const packed = await this.packing.run({ rest: REST, signal });
    const { loose, packed: segments } = await this.packer.sizes();
    for (const [form, { points, bytes }] of [
      ['loose', loose],
      ['packed', segments],
    ] as const) {
      this.metrics.storedPoints.set({ form }, points);
      this.metrics.storedPointsBytes.set({ form }, bytes);
    }
    return packed > 0 ? `packed ${packed} points` : undefined;
  }
}
