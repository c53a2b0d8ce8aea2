import { named, type Schema } from '../common/api-docs.js';
import { BUILT_IN } from '../event-types/catalogue.js';
import { DATA_TYPE_NAMES, type DataTypeName } from '../event-types/data-types.js';
import { SUMMARY_TYPES, summariesOf } from './summary-kinds.js';

/** A schema for each data type, such as `HistogramEventType`, with the names of its built-in event types. */
export const EVENT_TYPES_BY_DATA_TYPE: readonly Schema[] = DATA_TYPE_NAMES.map((dataType) =>
  named(`${dataType[0]?.toUpperCase() ?? ''}${dataType.slice(1)}EventType`, {
    type: 'string',
    enum: [...BUILT_IN.values()].filter((info) => info.dataType === dataType).map(({ name }) => name),
    description: inWords(dataType),
  }),
);

/** The types of summaries. */
export const SUMMARY_TYPE = named('SummaryType', {
  type: 'string',
  enum: [...SUMMARY_TYPES].sort(),
  description: [
    'How a summary condenses the points of a window.',
    '',
    ...DATA_TYPE_NAMES.map((name) => `- ${inWords(name)}`),
  ].join('\n'),
});

function inWords(dataType: DataTypeName): string {
  const summaries = summariesOf(dataType)
    .map((name) => `\`${name}\``)
    .join(', ');
  return `Event types of the data type ${dataType}: ${summaries === '' ? 'no summaries' : `summaries ${summaries}`}.`;
}
