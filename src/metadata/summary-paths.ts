import { Invalid } from '../common/errors.js';
import { type SummaryType } from '../event-types/data-types.js';

/** The name of each summary type in URLs, the plural; metadata name them in the singular. */
export const SUMMARY_PATHS: Readonly<Record<SummaryType, string>> = {
  aggregation: 'aggregations',
  average: 'averages',
  statistics: 'statistics',
};

/** The summary type that a URL names. Throws `Invalid` where there is no such type. */
export function summaryTypeOf(path: string): SummaryType {
  const found = (Object.keys(SUMMARY_PATHS) as SummaryType[]).find((type) => SUMMARY_PATHS[type] === path);
  if (found) return found;
  throw new Invalid(`summary type: expected ${Object.values(SUMMARY_PATHS).join(', ')}, got ${JSON.stringify(path)}`);
}
