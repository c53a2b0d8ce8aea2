import { compareLabels, distributionBins } from 'marigram-client/exact';
import { QUANTILE_MEMBERS, WITHIN } from './quantile-column.js';
import { sortInSteps } from './statistics.js';
import { type StoredBin } from './stored-bin.js';

/** Quantiles, average, standard deviation, sum and count of the numbers of a bin. */
// eslint-disable-next-line require-yield -- one step: the shape of all documents
export function* quantilesText({ quantiles, count, isBeyond }: StoredBin): Generator<void, string | undefined, void> {
  return quantiles && quantiles.length > 0 ? quantilesJson([...quantiles, count], isBeyond) : undefined;
}

/** What stands before each number of a value. */
const BEFORE = QUANTILE_MEMBERS.map((name, index) => `${index === 0 ? '{' : ','}"${name}":`);

/** The JSON of a value of `quantiles`, from its numbers in the order of `QUANTILE_MEMBERS`. */
export function quantilesJson(numbers: readonly (number | null)[], isBeyond: boolean): string {
  let text = '';
  for (const [index, number] of numbers.entries()) text += `${BEFORE[index] ?? ''}${number}`;
  return isBeyond ? `${text},"within":${WITHIN}}` : `${text}}`;
}

/** The bins of the distribution of numbers that are not empty, ascending. */
// eslint-disable-next-line require-yield -- one step: the shape of all documents
export function* distributionText({ distribution }: StoredBin): Generator<void, string | undefined, void> {
  return distribution ? JSON.stringify(distributionBins(distribution)) : undefined;
}

/** The count of each category, in the order of their UTF-8 bytes, in steps. */
export function* categoriesText({ histogram }: StoredBin): Generator<void, string | undefined, void> {
  return histogram ? yield* categoriesJson(histogram) : undefined;
}

/** Counts as JSON, in the order of their labels' UTF-8 bytes; `JSON.stringify` would put integers first. In steps. */
export function* categoriesJson(counts: Readonly<Record<string, number>>): Generator<void, string, void> {
  const labels = yield* sortInSteps(Object.keys(counts), compareLabels);
  return `{${labels.map((label) => `${JSON.stringify(label)}:${counts[label] ?? 0}`).join(',')}}`;
}
