import { PackingService } from '../packing/packing.service.js';
import { Packer, type Sizes } from '../storage/points/packer.js';
import { ProgressBar } from './progress-bar.js';
import { withDatabase } from './with-database.js';

/**
 * Packs the points that are worth it now, and prints how many.
 * @param all whether the youngest points are packed, too, and those that are few.
 */
export async function pack(env: NodeJS.ProcessEnv, all: boolean): Promise<void> {
  await withDatabase(env, async (app) => {
    const packer = app.get(Packer);
    const before = totalOf(await packer.sizes());
    const bar = new ProgressBar('pack');
    let packed: number;
    try {
      packed = await app.get(PackingService).run({ all, onProgress: bar.show });
    } finally {
      bar.stop();
    }
    const sizes = await packer.sizes();
    const { points, bytes } = sizes.packed;
    const each = points > 0 ? `, ${(bytes / points).toFixed(1)} bytes each` : '';
    console.log(`Packed ${packed} points. ${points} points are in segments now${each}.`);
    console.log(`All points took ${megabytes(before)} before and take ${megabytes(totalOf(sizes))} now.`);
  });
}

function totalOf({ loose, packed }: Sizes): number {
  return loose.bytes + packed.bytes;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
