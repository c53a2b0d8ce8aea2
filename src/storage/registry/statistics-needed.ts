import { dataTypesOf, needsStatistics, SUMMARY_TYPES } from '../../rollups/summary-kinds.js';

const DATA_TYPES = dataTypesOf('number');
const TYPES = SUMMARY_TYPES.filter((type) => DATA_TYPES.some((dataType) => needsStatistics(dataType, type)));

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/**
 * An SQL condition: whether a summary needs what rollups keep beside the sums, see `RollupSpec.statistics`.
 * @param type the column with the type of the summary.
 * @param dataType the column with the data type of its series.
 */
export function statisticsNeeded(type: string, dataType: string): string {
  return `(${type} IN (${list(TYPES)}) AND ${dataType} IN (${list(DATA_TYPES)}))`;
}
