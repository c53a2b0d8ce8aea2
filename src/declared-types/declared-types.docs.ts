import { shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { PAGE } from '../http/parameters.js';
import { HEADERS, refusal } from '../http/error-responses.js';

const TEMPERATURE = {
  name: 'rack-temperature',
  'data-type': 'float',
  unit: '°C',
  description: 'air temperature in the rack',
  'built-in': false,
};

const THROUGHPUT = {
  name: 'throughput',
  'data-type': 'integer',
  unit: 'bits per second',
  description: 'the rate of the test',
  'built-in': true,
};

/** GET `event-types`. */
export const LIST_EVENT_TYPES: OperationDocs = {
  id: 'listEventTypes',
  tag: 'types',
  summary: 'Lists the event types',
  description:
    'The built-in and the declared event types, sorted by name, in pages of `limit`; the `Link` header has the next page.',
  parameters: PAGE,
  answers: {
    200: jsonAnswer('The event types.', { type: 'array', items: shape('EventTypeInfo') }, [TEMPERATURE, THROUGHPUT], {
      Link: HEADERS.link,
    }),
  },
};

/** GET `event-types/ET`. */
export const FIND_EVENT_TYPE: OperationDocs = {
  id: 'getEventTypeInfo',
  tag: 'types',
  summary: 'Reads one event type',
  description: 'Data type, unit and description; 404 if there is no such event type.',
  answers: { 200: jsonAnswer('The event type.', shape('EventTypeInfo'), TEMPERATURE) },
};

const CONTRADICTION = refusal(
  'Contradiction',
  'state-conflict',
  'It contradicts an existing event type; nothing was changed.',
  {
    'data type': "the event type rack-temperature is declared as float already, it can't be integer",
    'built-in': "the event type throughput is built in and can't be changed",
    use: 'the event type rack-temperature is in use by 3 metadata: delete it there first',
  },
);

const LOCATED = { Location: HEADERS.location };

/** POST `event-types`. */
export const DECLARE_EVENT_TYPE: OperationDocs = {
  id: 'declareEventType',
  tag: 'types',
  summary: 'Declares an event type',
  description:
    'Metadata may have it from then on, on every server of the archive. Declaring it again with the same data type ' +
    'changes unit and description. Another data type and the name of a built-in event type are 409.',
  body: {
    schema: shape('NewDeclaration'),
    examples: {
      temperature: {
        summary: 'A temperature',
        value: {
          name: 'rack-temperature',
          'data-type': 'float',
          unit: '°C',
          description: 'air temperature in the rack',
        },
      },
    },
  },
  answers: {
    200: jsonAnswer('It was already declared.', shape('EventTypeInfo'), TEMPERATURE, LOCATED),
    201: jsonAnswer('It is declared now.', shape('EventTypeInfo'), TEMPERATURE, LOCATED),
    409: CONTRADICTION,
  },
};

/** DELETE `event-types/ET`. */
export const REMOVE_EVENT_TYPE: OperationDocs = {
  id: 'removeEventType',
  tag: 'types',
  summary: 'Removes a declared event type',
  description:
    '409 while a metadata has it; 404 if it is not declared. A retention policy that names it is invalid afterwards.',
  answers: { 200: jsonAnswer('The removed event type.', shape('EventTypeInfo'), TEMPERATURE), 409: CONTRADICTION },
};
