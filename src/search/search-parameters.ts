import { named, type Parameter } from '../common/api-docs.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';
import { SUMMARY_TYPE } from '../rollups/summary-types.dto.js';
import { JSON_FORMAT, PAGE, query, SECONDS } from '../http/parameters.js';
import { SUBJECT_TYPES } from '../metadata/parse-metadata.js';
import { DNS_RULES } from './host-match.js';

const TEXT = { type: 'string' };

/** The values of a filter on addresses. */
const HOST = 'An IP address in any notation, or a host name, which is resolved; 400 if it has no address.';

/** The meaning of the time filters. */
const UPDATED = 'Compares when an event type was **last written**, not when its points were measured.';

/** The filters of a metadata search. */
export const FILTER_PARAMETERS: readonly Parameter[] = [
  query('source', 'Source', `${HOST} A source without an address matches by its name, without regard to case.`, TEXT),
  query('destination', 'Destination', HOST, TEXT),
  query('measurement-agent', 'MeasurementAgent', HOST, TEXT),
  query(
    'dns-match-rule',
    'DnsMatchRule',
    'Which addresses of a host match: those of both families, of one only, or of the preferred one if there are any.',
    { type: 'string', enum: Object.keys(DNS_RULES), default: 'v4v6' },
  ),
  query('tool-name', 'ToolName', 'Exactly this text.', TEXT),
  query('input-source', 'InputSource', 'Exactly this text; not resolved.', TEXT),
  query('input-destination', 'InputDestination', 'Exactly this text; not resolved.', TEXT),
  query(
    'subject-type',
    'SubjectType',
    `Exactly this type. Metadata of types other than ${SUBJECT_TYPES.join(' and ')} are found only by a query that names ` +
      '`subject-type`, `metadata-key`, `session`, `database` or `sensor`.',
    { type: 'string', enum: [...SUBJECT_TYPES, 'stream', 'series', 'sensor'] },
  ),
  query('metadata-key', 'MetadataKeyFilter', 'Exactly this key.', TEXT),
  query(
    'event-type',
    'EventTypeFilter',
    'Metadata with this event type. All conditions on event types, summaries and times must match the same event type.',
    EVENT_TYPE,
  ),
  query('summary-type', 'SummaryTypeFilter', 'Metadata with a summary of this type; `base` matches any event type.', {
    anyOf: [SUMMARY_TYPE, { type: 'string', enum: ['base'] }],
  }),
  query('summary-window', 'SummaryWindowFilter', 'Metadata with a summary of this window, in seconds.', {
    type: 'integer',
  }),
  query('time', 'Updated', `Last written in exactly this second. ${UPDATED}`, SECONDS),
  query('time-start', 'UpdatedStart', `Last written at this time or later. ${UPDATED}`, SECONDS),
  query('time-end', 'UpdatedEnd', `Last written at this time or earlier. ${UPDATED}`, SECONDS),
  query(
    'time-range',
    'UpdatedRange',
    `Last written within this number of seconds: after \`time-start\`, or before \`time-end\`, or before now. ${UPDATED}`,
    SECONDS,
  ),
  query('data-start', 'DataStart', 'Metadata with a point at this time or later.', SECONDS),
  query('data-end', 'DataEnd', 'Metadata with a point at this time or earlier.', SECONDS),
  named('FreeFormParameters', {
    name: 'parameters',
    in: 'query',
    required: false,
    description:
      'Any other name selects metadata that have a free-form parameter of this name with exactly this value: ' +
      '`ip-transport-protocol=tcp`. `_` and `-` in names are equivalent, but for those of tags (`tag.KEY`) beside `database`.',
    style: 'form',
    explode: true,
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    example: {}, // without it the pages would send made-up parameters
  }),
];

/** All parameters of a metadata search. */
export const SEARCH_PARAMETERS: readonly Parameter[] = [...FILTER_PARAMETERS, ...PAGE, JSON_FORMAT];
