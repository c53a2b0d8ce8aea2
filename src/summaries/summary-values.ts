import { type DataTypeName, type SummaryType } from '../event-types/data-types.js';
import { parseDecimal, quotient } from '../common/decimal.js';
import { valueOf } from '../rollups/sketch.js';
import { type StoredBin } from '../storage/rollups/rollup-store.js';
import { meanOf, modes, percentile, type Samples, samplesOf, varianceOf, varianceOfSums } from './statistics.js';

/**
 * The JSON text of what a bin comes to; `undefined` where the bin can't tell: it was stored before this summary was
 * asked for, and its base points are gone. Where no bin is sealed, summaries of one number are read as such, see
 * `RollupStore.quotients`.
 */
export function summaryValue(bin: StoredBin, dataType: DataTypeName, type: SummaryType): string | undefined {
  if (bin.sealed !== null) return bin.sealed;
  if (type !== 'statistics' && dataType !== 'histogram') return numberOf(bin, dataType, type);
  if (type !== 'statistics') return bin.histogram ? JSON.stringify(bin.histogram) : undefined;
  return dataType === 'histogram' ? histogramStatistics(bin) : numberStatistics(bin);
}

function numberOf(
  { count, sum, denominatorSum }: StoredBin,
  dataType: DataTypeName,
  type: SummaryType,
): string | undefined {
  const divisor = type === 'average' ? String(count) : dataType === 'percentage' ? denominatorSum : '1';
  if (sum === null || divisor === null || Number(divisor) === 0) return undefined;
  return String(quotient(parseDecimal(sum), parseDecimal(divisor)));
}

/** `{}` where a label is no number or nothing was counted. */
function histogramStatistics({ histogram }: StoredBin): string | undefined {
  if (!histogram) return undefined;
  const samples = samplesOf(histogram);
  if (!samples || samples.length === 0) return '{}';
  return JSON.stringify({
    mode: modes(samples),
    mean: meanOf(samples),
    minimum: samples[0]?.value,
    maximum: samples.at(-1)?.value,
    ...percentiles(samples),
    ...spread(varianceOf(samples)),
  });
}

/** Percentiles come from the sketch, with a relative error of at most 1 %; everything else is exact. */
function numberStatistics({ count, sum, sumOfSquares, min, max, histogram }: StoredBin): string | undefined {
  if (count <= 0 || sum === null || sumOfSquares === null || min === null || max === null || !histogram)
    return undefined;
  const samples = Object.entries(histogram)
    .filter(([, number]) => number > 0)
    .map(([label, number]) => ({ value: Math.min(Math.max(valueOf(label), min), max), count: number }))
    .sort((a, b) => a.value - b.value);
  if (samples.length === 0) return undefined;
  const sums = { count: BigInt(count), sum: parseDecimal(sum), sumOfSquares: parseDecimal(sumOfSquares) };
  return JSON.stringify({
    mean: quotient(sums.sum, whole(count)),
    minimum: min,
    maximum: max,
    ...percentiles(samples),
    ...spread(varianceOfSums(sums)),
  });
}

function percentiles(samples: readonly Samples[]): Record<string, number> {
  return {
    'percentile-25': percentile(samples, 25),
    median: percentile(samples, 50),
    'percentile-75': percentile(samples, 75),
    'percentile-95': percentile(samples, 95),
  };
}

function spread(variance: number): Record<string, number> {
  return { variance, 'standard-deviation': Math.sqrt(variance) };
}

function whole(count: number): { digits: bigint; scale: number } {
  return { digits: BigInt(count), scale: 0 };
}
