import { expect, test } from 'vitest';
import { SeriesShape } from './series-shape.js';
import { sparkline } from './series-shape.js';

function shapeOf(values: readonly number[]): SeriesShape {
  const shape = new SeriesShape();
  for (const value of values) shape.add(value);
  return shape;
}

test('a few numbers are drawn one by one', () => {
  expect(sparkline(shapeOf([0, 1, 2, 3, 4, 5, 6, 7]).columns(60))).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([5, 5, 5])).toBe('▄▄▄');
  expect(sparkline([])).toBe('');
});

test.each([1, 7, 60, 1024, 1025, 5000, 100_000])('a line of %i numbers stays a line', (count) => {
  const shape = shapeOf(Array.from({ length: count }, (_, i) => i));
  expect([shape.count, shape.minimum, shape.maximum]).toEqual([count, 0, count - 1]);
  expect(shape.mean).toBeCloseTo((count - 1) / 2);
  const columns = shape.columns(60);
  expect(columns.length).toBe(Math.min(count, 60));
  expect(columns).toEqual([...columns].sort((a, b) => a - b));
  expect(columns[0]).toBeLessThanOrEqual(count / 30);
  expect(columns.at(-1)).toBeGreaterThanOrEqual((count - 1) * 0.96);
});
