import { named, type Schema } from '../common/api-docs.js';
import { BUILT_IN } from '../event-types/catalogue.js';
import { DATA_TYPE_NAMES, type DataTypeName } from '../event-types/data-types.js';
import { SUMMARY_TYPES, summariesOf } from './summary-kinds.js';

/** A schema for each data type that has built-in event types, such as `HistogramEventType`, with their names. */
export const EVENT_TYPES_BY_DATA_TYPE: readonly Schema[] = DATA_TYPE_NAMES.flatMap((dataType) => {
  const names = [...BUILT_IN.values()].filter((info) => info.dataType === dataType).map(({ name }) => name);
  const schema: Schema = { type: 'string', enum: names, description: inWords(dataType) };
  return names.length > 0 ? [named(`${dataType[0]?.toUpperCase() ?? ''}${dataType.slice(1)}EventType`, schema)] : [];
});

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
