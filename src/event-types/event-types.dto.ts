import { named, type Schema } from '../common/api-docs.js';
import { BUILT_IN, EVENT_TYPE_NAME, EVENT_TYPES, type EventTypeInfo } from './catalogue.js';
import { DATA_TYPE_NAMES, DATA_TYPES, type DataTypeName } from './data-types.js';

const INFOS = [...BUILT_IN.values()];

const row = ({ name, dataType, unit, description }: EventTypeInfo): string =>
  `| \`${name}\` | ${dataType} | ${unit ?? ''} | ${description} |`;

const BUILT_IN_EVENT_TYPE = named('BuiltInEventType', {
  type: 'string',
  enum: [...EVENT_TYPES],
  description: [
    'The event types that every archive has.',
    '',
    '| event type | data type | unit | |',
    '| --- | --- | --- | --- |',
    ...INFOS.map(row),
  ].join('\n'),
});

/** The name of an event type. */
export const EVENT_TYPE = named('EventType', {
  anyOf: [BUILT_IN_EVENT_TYPE, { type: 'string', pattern: EVENT_TYPE_NAME.source }],
  description:
    'What was measured: a built-in event type, or one that an admin has declared; `GET /api/v1/event-types` lists them.',
});

/** The names of the built-in event types of each data type, such as `HistogramEventType`: what values they have. */
export const EVENT_TYPES_BY_DATA_TYPE: readonly Schema[] = DATA_TYPE_NAMES.map((dataType) =>
  named(`${dataType[0]?.toUpperCase() ?? ''}${dataType.slice(1)}EventType`, {
    type: 'string',
    enum: INFOS.filter((info) => info.dataType === dataType).map(({ name }) => name),
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
