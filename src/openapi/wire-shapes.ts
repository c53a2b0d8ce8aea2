import * as annotations from '../annotations/annotation.dto.js';
import * as data from '../data/data.dto.js';
import * as databases from '../databases/databases.dto.js';
import * as declaredTypes from '../declared-types/declared-types.dto.js';
import * as deletion from '../deletion/deletion.dto.js';
import * as values from '../event-types/values.dto.js';
import * as fields from '../databases/fields.dto.js';
import * as events from '../events/event.dto.js';
import * as sensorEvents from '../events/sensor-events.dto.js';
import * as health from '../health/health.dto.js';
import * as http from '../http/error.dto.js';
import * as latest from '../latest/latest.dto.js';
import * as metadata from '../metadata/metadata.dto.js';
import * as newMetadata from '../metadata/new-metadata.dto.js';
import * as rehearsals from '../rules/rehearsal/rehearsal.dto.js';
import * as rules from '../rules/rule.dto.js';
import * as search from '../search/search.dto.js';
import * as sensors from '../sensors/measurements.dto.js';
import * as sessions from '../sessions/session.dto.js';
import * as streamPoints from '../sessions/points/points.dto.js';
import * as comparison from '../sessions/compare/compare.dto.js';
import * as streamSummaries from '../sessions/summaries/stream-summaries.dto.js';
import * as streams from '../sessions/stream.dto.js';
import * as statistics from '../statistics/statistics.dto.js';
import * as summaries from '../summaries/summaries.dto.js';
import * as welcome from '../welcome/welcome.dto.js';

/** All classes that describe JSON on the wire. */
export const WIRE_SHAPES = [
  http,
  values,
  metadata,
  newMetadata,
  search,
  data,
  summaries,
  deletion,
  declaredTypes,
  health,
  latest,
  sensors,
  statistics,
  sessions,
  streams,
  streamPoints,
  streamSummaries,
  comparison,
  annotations,
  databases,
  fields,
  rules,
  rehearsals,
  events,
  sensorEvents,
  welcome,
]
  .flatMap((module) => Object.values<unknown>(module))
  .filter((value) => typeof value === 'function');
