import { named, type Schema } from '../common/api-docs.js';
import { aboutEventType, dataTypeOf, EVENT_TYPES } from './catalogue.js';
import { DATA_TYPES, type DataTypeName } from './data-types.js';

const DATA_TYPE_NAMES = Object.keys(DATA_TYPES) as DataTypeName[];

const TABLE = EVENT_TYPES.map((name) => `| \`${name}\` | ${dataTypeOf(name) ?? ''} | ${aboutEventType(name)} |`);

/** The names of all event types, as the catalogue has them. */
export const EVENT_TYPE = named('EventType', {
  type: 'string',
  enum: [...EVENT_TYPES],
  description: ['What was measured.', '', '| event type | data type | |', '| --- | --- | --- |', ...TABLE].join('\n'),
});

/** The names of the event types of each data type, such as `HistogramEventType`: what values they have. */
export const EVENT_TYPES_BY_DATA_TYPE: readonly Schema[] = DATA_TYPE_NAMES.map((dataType) =>
  named(`${dataType[0]?.toUpperCase() ?? ''}${dataType.slice(1)}EventType`, {
    type: 'string',
    enum: EVENT_TYPES.filter((name) => dataTypeOf(name) === dataType),
    description: summariesOf(dataType),
  }),
);

/** The summaries that some data type has. */
export const SUMMARY_TYPE = named('SummaryType', {
  type: 'string',
  enum: [...new Set(DATA_TYPE_NAMES.flatMap((name) => DATA_TYPES[name].summaries))].sort(),
  description: [
    'Which value sums up a window of time.',
    '',
    ...DATA_TYPE_NAMES.map((name) => `- ${summariesOf(name)}`),
  ].join('\n'),
});

function summariesOf(dataType: DataTypeName): string {
  const summaries = DATA_TYPES[dataType].summaries.map((name) => `\`${name}\``).join(', ');
  return `Event types of the data type ${dataType}: ${summaries === '' ? 'no summaries' : `summaries ${summaries}`}.`;
}
