import { type SummaryType } from '../event-types/data-types.js';

/** The name of each summary type in URLs, the plural; metadata name them in the singular. */
export const SUMMARY_PATHS: Readonly<Record<SummaryType, string>> = {
  aggregation: 'aggregations',
  average: 'averages',
  statistics: 'statistics',
};

/** All summary types. */
export const SUMMARY_TYPES = Object.keys(SUMMARY_PATHS) as SummaryType[];
