import { parseDecimal, quotient } from 'marigram-client/exact';
import { sketchedSamples } from './sketch.js';
import { meanOf, modes, percentile, type Samples, samplesOf, varianceOf, varianceOfSums } from './statistics.js';
import { type StoredBin } from './stored-bin.js';

/** The merged histogram of a bin as JSON. */
// eslint-disable-next-line require-yield -- one step: the shape of all documents
export function* histogramText({ histogram }: StoredBin): Generator<void, string | undefined, void> {
  return histogram ? JSON.stringify(histogram) : undefined;
}

/** The statistics of the samples of a histogram, in steps; `{}` where a label is no number or nothing was counted. */
export function* histogramStatistics({ histogram }: StoredBin): Generator<void, string | undefined, void> {
  if (!histogram) return undefined;
  const samples = yield* samplesOf(histogram);
  if (!samples || samples.length === 0) return '{}';
  const mode = modes(samples);
  yield;
  const mean = meanOf(samples);
  yield;
  const spread = spreadOf(varianceOf(samples));
  yield;
  const percentiles = yield* percentilesOf(samples);
  const extremes = { minimum: samples[0]?.value, maximum: samples.at(-1)?.value };
  return JSON.stringify({ mode, mean, ...extremes, ...percentiles, ...spread });
}

/** Statistics of numbers: percentiles from the sketch, with a relative error of at most 1 %; all else is exact. */
export function* numberStatistics(bin: StoredBin): Generator<void, string | undefined, void> {
  const { count, sum, sumOfSquares, min, max, histogram } = bin;
  if (count <= 0 || sum === null || sumOfSquares === null || min === null || max === null || !histogram)
    return undefined;
  const samples = sketchedSamples(histogram, min, max);
  if (samples.length === 0) return undefined;
  const sums = { count: BigInt(count), sum: parseDecimal(sum), sumOfSquares: parseDecimal(sumOfSquares) };
  const mean = quotient(sums.sum, { digits: sums.count, scale: 0 });
  const percentiles = yield* percentilesOf(samples);
  return JSON.stringify({ mean, minimum: min, maximum: max, ...percentiles, ...spreadOf(varianceOfSums(sums)) });
}

const PERCENTILES = [
  ['percentile-25', 25],
  ['median', 50],
  ['percentile-75', 75],
  ['percentile-95', 95],
] as const;

function* percentilesOf(samples: readonly Samples[]): Generator<void, Record<string, number>, void> {
  const found: Record<string, number> = {};
  for (const [name, percent] of PERCENTILES) {
    found[name] = percentile(samples, percent);
    yield;
  }
  return found;
}

function spreadOf(variance: number): Record<string, number> {
  return { variance, 'standard-deviation': Math.sqrt(variance) };
}
