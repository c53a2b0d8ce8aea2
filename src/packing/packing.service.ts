import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { MICROS_PER_SECOND } from '../common/time.js';
import { type Progress } from '../jobs/progress.js';
import { type Packable, Packer } from '../storage/points/packer.js';
import { type Chunk } from '../storage/hypertables/chunks.js';

const HOUR = 3600 * MICROS_PER_SECOND;
const DAY = 24 * HOUR;

/** Loose points younger than an hour stay loose; in a chunk that still grows, so do fewer points than these. */
const MIN_LOOSE_POINTS = 256;

/** Fewer small neighbouring segments of a chunk that still grows are not joined. */
const MIN_SMALL_PAIRS = 16;

/** How to pack. */
export interface PackOptions extends Progress {
  /** Pack every loose point, however young it is and however few there are. */
  readonly all?: boolean;
  /** How long to rest after each series, as a multiple of the time that it took; 0 unless given. */
  readonly rest?: number;
}

/** Packs what is worth it: see docs/storage.md. */
@Injectable()
export class PackingService {
  constructor(private readonly packer: Packer) {}

  /**
   * Packs loose points and joins small segments, chunk by chunk. It may run in several processes and beside writers, and
   * may be interrupted anywhere. Returns how many loose points it packed. Leaves out series with a damaged segment, and
   * throws at the end where there are some.
   */
  async run({ all = false, rest = 0, onProgress, signal }: PackOptions = {}): Promise<number> {
    const chunks = [...(await this.packer.chunksOf('point')), ...(await this.packer.chunksOf('segment'))];
    let packed = 0;
    let damaged: Error | undefined;
    for (const [index, chunk] of chunks.entries()) {
      onProgress?.(index, chunks.length);
      const isOver = all || (chunk.end ?? Infinity) < Date.now() * 1000 - DAY;
      for (const packable of await this.packable(chunk, all, isOver)) {
        signal?.throwIfAborted();
        const begun = performance.now();
        try {
          packed += await this.packer.pack(packable);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          const message = `series ${packable.series}: ${error.message} ("marigram verify" finds where)`;
          damaged ??= new Error(message, { cause: error });
        }
        if (rest > 0) await sleep(rest * (performance.now() - begun), undefined, { signal });
      }
      if (isOver && chunk.table === 'point') await this.packer.giveBack(chunk);
    }
    if (damaged) throw damaged;
    return packed;
  }

  private packable(chunk: Chunk, all: boolean, isOver: boolean): Promise<Packable[]> {
    const before = all ? Infinity : Date.now() * 1000 - HOUR;
    if (chunk.table === 'segment') return this.packer.joinable(chunk, isOver ? 1 : MIN_SMALL_PAIRS, before);
    return this.packer.loose(chunk, before, all ? 1 : isOver ? 2 : MIN_LOOSE_POINTS);
  }
}
