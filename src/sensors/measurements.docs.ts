import { type Answer, named, shape } from '../common/api-docs.js';
import { KEY_HEADER, KEY_REUSED } from '../http/idempotency-key.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { JSON_FORMAT } from '../http/parameters.js';

const refused = (name: string, description: string, field: string, message: string): Answer =>
  named(name, jsonAnswer(description, shape('MeasurementsRefused'), { result: false, response: [{ field, message }] }));

/** POST `sensors/S/measurements`. */
export const POST_MEASUREMENTS: OperationDocs = {
  id: 'postMeasurements',
  tag: 'sensors',
  summary: 'Stores what a sensor measured',
  description:
    'An object, or an array of up to 100,000 (`MAX_POINTS`). The request is one transaction. A sensor that is not known is ' +
    'registered, and a known one with what it has not measured before (`SENSOR_REGISTRATION`). A number at a time that is ' +
    'taken by the same number is stored already, so that any request with times may be sent again.',
  parameters: [KEY_HEADER],
  body: {
    schema: { anyOf: [shape('Measurement'), { type: 'array', items: shape('Measurement'), minItems: 1 }] },
    examples: {
      now: { summary: 'At the time of its arrival', value: { temperature: 21.5 } },
      one: { summary: 'At a time', value: { temperature: 21.5, humidity: 40, at: 1767607203000 } },
      many: {
        summary: 'Several times',
        value: [
          { temperature: 21.5, at: '2026-01-05T10:00:03Z' },
          { temperature: 21.75, at: '2026-01-05T10:00:04Z' },
        ],
      },
    },
  },
  answers: {
    200: jsonAnswer('It is stored: the answer comes after the commit.', shape('MeasurementsStored'), {
      ...{ result: true, response: 'OK' },
    }),
    400: refused(
      'MeasurementsInvalid',
      'The request is malformed, or there are too many sensors (`MAX_SENSORS`). Nothing was stored.',
      'temperature',
      'expected a number, got null',
    ),
    404: refused(
      'SensorUnknown',
      'The sensor is not known, and only known ones may write (`SENSOR_REGISTRATION=known`).',
      'sensorUuid',
      'there is no such sensor here',
    ),
    409: refused(
      'MeasurementsTaken',
      'Other numbers are at some of the times and stay as they are; **all others of the request are stored**.',
      'at',
      'temperature has a point at 1767607203 already',
    ),
    422: KEY_REUSED,
  },
};

/** GET `sensors/S/measurements`. */
export const GET_RECENT: OperationDocs = {
  id: 'getRecentTemperatures',
  tag: 'sensors',
  summary: 'Reads the temperatures of a sensor',
  description:
    'The exact means of the last hour and the last 7 days, and the maximum of the last 30, by the clock of the database. Points ' +
    'of the future count, too. A sensor that is not known has none.',
  parameters: [JSON_FORMAT],
  answers: {
    200: jsonAnswer('The temperatures.', shape('RecentTemperatures'), {
      ...{ sensorUuid: 'boiler-1', averageLastHour: 21.5, averageLast7Days: 20.25, maxLast30Days: 24 },
    }),
  },
};
