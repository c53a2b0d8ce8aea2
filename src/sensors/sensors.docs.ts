import { EXAMPLE, shape } from '../common/api-docs.js';
import { DEFAULT_LIMIT } from '../common/page.js';
import { HEADERS } from '../http/error-responses.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { JSON_FORMAT, query } from '../http/parameters.js';
import { STATISTICS_PARAMETERS, statisticsAnswer } from '../statistics/statistics.docs.js';
import { MAX_LIST } from './sensor-list.js';
import { DEFAULT_TYPE } from './sensor-types.js';

const URI = `/esmond/perfsonar/archive/${EXAMPLE.key}/`;

const SENSOR = {
  url: `${EXAMPLE.origin}${URI}`,
  'metadata-key': EXAMPLE.key,
  'subject-type': 'sensor',
  'event-types': [
    { 'base-uri': `${URI}temperature/base`, 'event-type': 'temperature', 'time-updated': EXAMPLE.ts, summaries: [] },
  ],
  sensor: 'boiler-1',
  site: 'B1',
  uri: URI,
};

/** GET `sensors`. */
export const LIST_SENSORS: OperationDocs = {
  id: 'listSensors',
  tag: 'sensors',
  summary: 'Lists the sensors',
  description:
    'Sorted by id, in pages; `Link` has the next page. The metadata search finds them by their labels: `subject-type=sensor&site=B1`.',
  parameters: [
    query('limit', 'SensorLimit', 'The maximum of sensors. A value that is not a positive integer is ignored.', {
      ...{ type: 'integer', minimum: 1, maximum: MAX_LIST, default: DEFAULT_LIMIT },
    }),
    query('after', 'AfterSensor', 'Sensors behind this id, by the bytes of UTF-8.', { type: 'string' }),
    JSON_FORMAT,
  ],
  answers: {
    200: jsonAnswer('The sensors.', { type: 'array', items: shape('Metadata') }, [SENSOR], { Link: HEADERS.link }),
  },
};

/** GET `sensors/S`. */
export const GET_SENSOR: OperationDocs = {
  id: 'getSensor',
  tag: 'sensors',
  summary: 'Reads a sensor',
  description: 'Its metadata: its labels, and what it measures.',
  parameters: [JSON_FORMAT],
  answers: { 200: jsonAnswer('The sensor.', shape('Metadata'), SENSOR) },
};

/** GET `sensors/S/statistics`. */
export const GET_SENSOR_STATISTICS: OperationDocs = {
  id: 'getSensorStatistics',
  tag: 'sensors',
  summary: 'Computes statistics of what a sensor measured',
  description: 'Those of a sensor that is not known are as those without points.',
  parameters: [
    query('event-type', 'SensorEventType', 'What it measured.', { type: 'string', default: DEFAULT_TYPE }),
    ...STATISTICS_PARAMETERS,
  ],
  answers: { 200: statisticsAnswer({ sensor: 'boiler-1' }) },
};
