import { DATA_TYPES } from '../../event-types/data-types.js';
import { type SeriesRef } from '../registry/series-store.js';

/** Histograms of more characters are large. */
const LARGE_HISTOGRAM_CHARACTERS = 16 * 1024;

/** So many characters of large histograms, counted once for each window, are too many for a batch with others. */
const MAX_SHARED_CHARACTERS = 1024 ** 2;

/** The documents of one series. */
interface HistogramsOfSeries {
  readonly series: SeriesRef;
  readonly documents: readonly string[];
}

/**
 * Whether points bring so many labels that PostgreSQL takes seconds to merge them into stored bins: they are stored
 * apart from others, and summed up in turns.
 */
export function hasLargeHistograms(points: readonly HistogramsOfSeries[]): boolean {
  let characters = 0;
  for (const { series, documents } of points) {
    if (DATA_TYPES[series.dataType].measure !== 'histogram') continue;
    for (const { length } of documents)
      if (length > LARGE_HISTOGRAM_CHARACTERS) characters += length * series.rollups.length;
  }
  return characters > MAX_SHARED_CHARACTERS;
}
