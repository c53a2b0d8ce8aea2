import { BUILT_IN } from '../event-types/catalogue.js';
import { DATA_TYPE_NAMES, DATA_TYPES } from '../event-types/data-types.js';
import { SUMMARY_KINDS, SUMMARY_TYPES, summariesOf } from '../rollups/summary-kinds.js';

/** The member of the document for facts that schemas cannot express. */
export const TABLES_NAME = 'x-tables';

/** Event types, data types and summaries; the SDK's tables are generated from these. */
export const TABLES = {
  eventTypes: Object.fromEntries(
    [...BUILT_IN.values()].map(({ name, dataType, unit, description }) => [name, { dataType, unit, description }]),
  ),
  dataTypes: Object.fromEntries(
    DATA_TYPE_NAMES.map((name) => [name, { type: DATA_TYPES[name].docs.type, summaries: summariesOf(name) }]),
  ),
  summaryTypes: Object.fromEntries(
    SUMMARY_TYPES.map((name) => {
      const { path, dataType } = SUMMARY_KINDS[name];
      return [name, { path, dataType: dataType ?? null }];
    }),
  ),
};
