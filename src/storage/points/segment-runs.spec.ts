import { describe, expect, test } from 'vitest';
import { RAW_SCALE } from './segment-codec.js';
import { type PackedSpan, runsToPack } from './segment-runs.js';

/** Segments that begin 10 micros apart. */
function spans(count: number, points: number, bytes: number): PackedSpan[] {
  return Array.from({ length: count }, (_, i) => ({ first: 10 * i, row: 0, last: 10 * i + 5, points, bytes }));
}

function runs(segments: readonly PackedSpan[], loose: readonly number[] = []) {
  const micros = Float64Array.from(loose);
  return [
    ...runsToPack(segments, { micros, values: { digits: micros, scale: RAW_SCALE }, begin: 0, end: loose.length }),
  ];
}

describe('a run is bounded', () => {
  test.each([
    ['small segments of many points', spans(1000, 1000, 100), []],
    ['small segments of many bytes', spans(1000, 32, 400_000), []],
    [
      'full segments with a loose point in each',
      spans(100, 8192, 16_000),
      spans(100, 0, 0).map(({ last }) => last - 1),
    ],
    [
      'large documents with a loose one in each',
      spans(100, 3, 1_000_000),
      spans(100, 0, 0).map(({ last }) => last - 1),
    ],
  ])('of %s', (_, segments, loose) => {
    const found = runs(segments, loose);
    expect(found.flatMap((run) => run.segments)).toEqual(segments);
    expect(found.flatMap(({ begin, end }) => loose.slice(begin, end))).toEqual(loose);
    for (const run of found) {
      expect(run.bytes).toBeLessThan(10_000_000);
      expect(run.segments.reduce((sum, { points }) => sum + points, 0)).toBeLessThan(80_000);
    }
  });
});

test('large segments stay as they are where no loose point lies in them', () => {
  const segments = [...spans(3, 8000, 16_000), { first: 30, row: 0, last: 35, points: 5, bytes: 20 }];
  expect(runs(segments)).toEqual([]);
  expect(runs(segments, [7, 14, 32])).toEqual([
    { segments: [segments[1]], begin: 0, end: 2, last: 15, bytes: 16_000 },
    { segments: [segments[3]], begin: 2, end: 3, last: 35, bytes: 20 },
  ]);
});
