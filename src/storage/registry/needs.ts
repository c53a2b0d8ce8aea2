import { type Kept, KEPT } from '../../rollups/rollup-spec.js';
import { dataTypesOf, needOf, SUMMARY_TYPES } from '../../rollups/summary-kinds.js';

const DATA_TYPES = dataTypesOf('number');

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/**
 * An SQL condition: whether a summary needs what windows keep of numbers only then.
 * @param type the column with the type of the summary.
 * @param dataType the column with the data type of its series.
 */
export function needs(kept: Kept, type: string, dataType: string): string {
  const types = SUMMARY_TYPES.filter((summary) => DATA_TYPES.some((name) => needOf(name, summary) === kept));
  return `(${type} IN (${list(types)}) AND ${dataType} IN (${list(DATA_TYPES)}))`;
}

/** As `needs`, of any of them. */
export function needsAny(type: string, dataType: string): string {
  return `(${KEPT.map((kept) => needs(kept, type, dataType)).join(' OR ')})`;
}
