import { DATA_TYPES } from '../../event-types/data-types.js';
import { type SeriesPoint } from '../points/point-store.js';

/** Histograms of more characters are large. */
const LARGE_HISTOGRAM_CHARACTERS = 16 * 1024;

/** So many characters of large histograms, counted once for each window, are too many for a batch with others. */
const MAX_SHARED_CHARACTERS = 1024 ** 2;

/**
 * Whether points bring so many labels that PostgreSQL takes seconds to merge them into stored bins: they are stored
 * apart from others, and summed up in turns.
 */
export function hasLargeHistograms(points: readonly SeriesPoint[]): boolean {
  let characters = 0;
  for (const { document, series } of points) {
    const length = document?.length ?? 0;
    if (length > LARGE_HISTOGRAM_CHARACTERS && DATA_TYPES[series.dataType].measure === 'histogram')
      characters += length * series.rollups.length;
  }
  return characters > MAX_SHARED_CHARACTERS;
}
