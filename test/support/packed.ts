import { PackingService } from '../../src/packing/packing.service.js';
import { SegmentCheck } from '../../src/storage/points/segment-check.js';
import { SeriesStore } from '../../src/storage/registry/series-store.js';
import { RollupCheck } from '../../src/storage/rollups/rollup-check.js';
import { type TestArchive } from './archive.js';

/** Packs every loose point; returns how many there were. */
export function packAll({ app }: TestArchive): Promise<number> {
  return app.get(PackingService).run({ all: true });
}

/** Whatever `marigram verify` would find, in points and in summaries. */
export async function faultsIn({ app }: TestArchive): Promise<string[]> {
  const [points, rollups] = [app.get(SegmentCheck), app.get(RollupCheck)];
  const faults: string[] = [];
  for (const { id, eventType } of await app.get(SeriesStore).names())
    for (const { what } of await points.check(id)) faults.push(`${eventType}: ${what}`);
  for (const window of await rollups.windows())
    for (const { micros, what } of await rollups.check(window, false))
      faults.push(`${window.eventType}, window ${window.window}, bin ${micros}: ${what}`);
  return faults;
}

/** How many points are loose, how many are packed, and in how many segments. */
export async function formsIn(archive: TestArchive): Promise<{ loose: number; packed: number; segments: number }> {
  const [forms] = await archive.query<{ loose: number; packed: number; segments: number }>(
    `SELECT (SELECT count(*)::int FROM point) AS loose, coalesce(sum(points), 0)::int AS packed,
            count(*)::int AS segments FROM segment`,
  );
  return forms!;
}
