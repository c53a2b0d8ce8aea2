import { named, type Parameter } from '../common/api-docs.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';
import { SUMMARY_TYPE } from '../rollups/summary-types.dto.js';
import { JSON_FORMAT, PAGE, query, SECONDS } from '../http/parameters.js';
import { SUBJECT_TYPES } from '../metadata/parse-metadata.js';
import { DNS_RULES } from './host-match.js';

const TEXT = { type: 'string' };

/** How an address is searched. */
const HOST = 'An IP address in any spelling, or a host name, which is resolved; 400 where it has no address.';

/** A time in which an event type was last written. */
const UPDATED = 'Compares when an event type was **last written**, not when its points were measured.';

/** What metadata can be searched by. */
export const FILTER_PARAMETERS: readonly Parameter[] = [
  query('source', 'Source', `${HOST} Sources without an address are found by their name, whatever its case.`, TEXT),
  query('destination', 'Destination', HOST, TEXT),
  query('measurement-agent', 'MeasurementAgent', HOST, TEXT),
  query(
    'dns-match-rule',
    'DnsMatchRule',
    'Which addresses of a host count: those of either family, of one only, or of one where it has any.',
    { type: 'string', enum: Object.keys(DNS_RULES), default: 'v4v6' },
  ),
  query('tool-name', 'ToolName', 'Exactly this text.', TEXT),
  query('input-source', 'InputSource', 'Exactly this text; never resolved.', TEXT),
  query('input-destination', 'InputDestination', 'Exactly this text; never resolved.', TEXT),
  query('subject-type', 'SubjectType', 'Exactly this one.', { type: 'string', enum: [...SUBJECT_TYPES] }),
  query('metadata-key', 'MetadataKeyFilter', 'Exactly this key.', TEXT),
  query(
    'event-type',
    'EventTypeFilter',
    'That have this event type. All conditions on event types, summaries and times must hold for the same one.',
    EVENT_TYPE,
  ),
  query('summary-type', 'SummaryTypeFilter', 'That have a summary of this type; `base` matches any event type.', {
    anyOf: [SUMMARY_TYPE, { type: 'string', enum: ['base'] }],
  }),
  query('summary-window', 'SummaryWindowFilter', 'That have a summary of this window, in seconds.', {
    type: 'integer',
  }),
  query('time', 'Updated', `Last written in exactly this second. ${UPDATED}`, SECONDS),
  query('time-start', 'UpdatedStart', `Last written at this time or later. ${UPDATED}`, SECONDS),
  query('time-end', 'UpdatedEnd', `Last written at this time or earlier. ${UPDATED}`, SECONDS),
  query(
    'time-range',
    'UpdatedRange',
    `Last written within so many seconds: after \`time-start\`, or before \`time-end\`, or before now. ${UPDATED}`,
    SECONDS,
  ),
  query('data-start', 'DataStart', 'That have a point at this time or later.', SECONDS),
  query('data-end', 'DataEnd', 'That have a point at this time or earlier.', SECONDS),
  named('FreeFormParameters', {
    name: 'parameters',
    in: 'query',
    required: false,
    description:
      'Any other name finds the metadata that have a free-form parameter of this name with exactly this value, such as ' +
      '`ip-transport-protocol=tcp`. `_` and `-` in names are the same.',
    style: 'form',
    explode: true,
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    example: {}, // else the pages would send made-up ones
  }),
];

/** All parameters of a metadata search. */
export const SEARCH_PARAMETERS: readonly Parameter[] = [...FILTER_PARAMETERS, ...PAGE, JSON_FORMAT];
