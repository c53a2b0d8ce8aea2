import { named } from '../common/api-docs.js';
import { BUILT_IN, EVENT_TYPE_NAME, EVENT_TYPES, type EventTypeInfo } from './catalogue.js';

const INFOS = [...BUILT_IN.values()];

const row = ({ name, dataType, unit, description }: EventTypeInfo): string =>
  `| \`${name}\` | ${dataType} | ${unit ?? ''} | ${description} |`;

const BUILT_IN_EVENT_TYPE = named('BuiltInEventType', {
  type: 'string',
  enum: [...EVENT_TYPES],
  description: [
    'The built-in event types, which every archive has.',
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
    'What was measured: a built-in event type, or one that an admin declared. `GET /api/v1/event-types` lists them.',
});
