import { Invalid } from '../common/errors.js';
import { type DataTypeName } from './data-types.js';

/** The built-in event types, with their data type, unit and meaning. Add one here and nowhere else. */
const CATALOGUE = {
  battery: ['float', 'V', 'voltage of the battery of a sensor'],
  co2: ['float', 'ppm', 'carbon dioxide in the air'],
  current: ['float', 'A', 'electric current'],
  energy: ['float', 'kWh', 'the count of an electricity meter'],
  event: ['string', null, 'a stream of texts of a session'],
  failures: ['json', null, 'an object with the text of the `error`'],
  'histogram-owdelay': ['histogram', 'ms', 'one-way delay: count by delay'],
  'histogram-rtt': ['histogram', 'ms', 'round-trip time: count by time'],
  'histogram-ttl': ['histogram', 'hops', 'from source to destination'],
  'histogram-ttl-reverse': ['histogram', 'hops', 'from destination to source'],
  humidity: ['float', '%', 'relative humidity'],
  illuminance: ['float', 'lx', 'light that falls on a surface'],
  iostat: ['json', null, 'statistics of the host'],
  metric: ['float', null, 'a stream of numbers of a session'],
  mpstat: ['json', null, 'statistics of the host'],
  noise: ['float', 'dB', 'sound level'],
  'ntp-delay': ['float', 'ms', 'round-trip time to the peer'],
  'ntp-dispersion': ['float', 'ms', 'dispersion of the peer'],
  'ntp-jitter': ['float', 'ms', 'jitter of the offset'],
  'ntp-offset': ['float', 'ms', 'offset of the clock from the peer'],
  'ntp-polling-interval': ['float', 's', 'time between two polls of the peer'],
  'ntp-reach': ['integer', null, 'the register, read as octal'],
  'ntp-stratum': ['integer', null, 'the stratum of the clock'],
  'ntp-wander': ['float', 'PPM', 'wander of the clock frequency'],
  'packet-count-lost': ['integer', 'packets', 'one way'],
  'packet-count-lost-bidir': ['integer', 'packets', 'both ways'],
  'packet-count-sent': ['integer', 'packets', 'sent'],
  'packet-duplicates': ['integer', 'packets', 'one way'],
  'packet-duplicates-bidir': ['integer', 'packets', 'both ways'],
  'packet-loss-rate': ['percentage', null, 'lost / sent'],
  'packet-loss-rate-bidir': ['percentage', null, 'lost / sent, both ways'],
  'packet-reorders': ['integer', 'packets', 'one way'],
  'packet-reorders-bidir': ['integer', 'packets', 'both ways'],
  'packet-retransmits': ['integer', 'packets', 'sent again'],
  'packet-retransmits-subintervals': ['subinterval', 'packets', 'in each part of a test'],
  'packet-rtt': ['integer', null, 'round-trip time as TCP sees it'],
  'packet-rtt-subintervals': ['subinterval', null, 'round-trip time in each part of a test'],
  'packet-trace': ['json', null, 'an array of hops'],
  'packet-trace-multi': ['json', null, 'an array of arrays of hops'],
  'path-mtu': ['integer', 'bytes', 'largest packet that passes the path'],
  power: ['float', 'W', 'electric power'],
  pressure: ['float', 'hPa', 'of the air'],
  'pscheduler-raw': ['json', null, 'the raw result'],
  'pscheduler-run-href': ['json', null, 'an object with `href`'],
  rusage: ['json', null, 'resources that the test used'],
  'signal-strength': ['float', 'dBm', 'of the radio signal of a sensor'],
  'streams-packet-retransmits': ['json', 'packets', 'one number a stream'],
  'streams-packet-retransmits-subintervals': ['json', 'packets', 'for each stream its subintervals'],
  'streams-packet-rtt': ['json', null, 'one number a stream'],
  'streams-packet-rtt-subintervals': ['json', null, 'for each stream its subintervals'],
  'streams-tcp-windowsize': ['json', 'bytes', 'one number a stream'],
  'streams-tcp-windowsize-subintervals': ['json', 'bytes', 'for each stream its subintervals'],
  'streams-tcpinfo': ['json', null, 'what the kernel knows of each stream'],
  'streams-throughput': ['json', 'bits per second', 'one number a stream'],
  'streams-throughput-subintervals': ['json', 'bits per second', 'for each stream its subintervals'],
  'tcp-windowsize': ['integer', 'bytes', 'size of the TCP window'],
  'tcp-windowsize-subintervals': ['subinterval', 'bytes', 'in each part of a test'],
  tcpinfo: ['json', null, 'what the kernel knows of the connection'],
  temperature: ['float', '°C', 'of air, water or a part'],
  throughput: ['integer', 'bits per second', 'the rate of the test'],
  'throughput-subintervals': ['subinterval', 'bits per second', 'in each part of a test'],
  'time-error-estimates': ['float', 'ms', 'clock error'],
  voltage: ['float', 'V', 'electric voltage'],
} as const satisfies Record<string, readonly [dataType: DataTypeName, unit: string | null, description: string]>;

/** The name of a built-in event type. */
export type EventType = keyof typeof CATALOGUE;

/** What is known of an event type. */
export interface EventTypeInfo {
  readonly name: string;
  readonly dataType: DataTypeName;
  /** The unit of its numbers; `null` where they have none, or none that is known. */
  readonly unit: string | null;
  /** What it says; may be empty. */
  readonly description: string;
}

/** What a declared event type may be called: as the built-in ones, which can stand in any URL. */
export const EVENT_TYPE_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** What is wrong with another name. */
export const EVENT_TYPE_NAME_RULE = 'expected up to 64 lower-case letters, digits and dashes, beginning with a letter';

/** The longest unit and the longest description, in characters. */
export const MAX_UNIT = 32;
export const MAX_DESCRIPTION = 500;

/** The names of the built-in event types, sorted. */
export const EVENT_TYPES = Object.keys(CATALOGUE) as readonly EventType[];

/** The built-in event types by name. A Map: a lookup of `constructor` in the object above would find something. */
export const BUILT_IN: ReadonlyMap<string, EventTypeInfo> = new Map(
  Object.entries(CATALOGUE).map(([name, [dataType, unit, description]]) => [
    name,
    { name, dataType, unit, description },
  ]),
);

/** Looks up the data type of an event type; `undefined` where there is no such event type. */
export type DataTypeOf = (eventType: string) => DataTypeName | undefined;

/** Knows the built-in event types only. */
export const builtInDataType: DataTypeOf = (eventType) => BUILT_IN.get(eventType)?.dataType;

/** There is no event type of this name, neither a built-in nor a declared one. */
export class UnknownEventType extends Invalid {
  override readonly code = 'unknown-event-type';

  /** @param where names the field, such as `event-types, item 1: `. */
  constructor(eventType: string, where = '') {
    super(`${where}there is no event type ${JSON.stringify(eventType)} (GET /api/v1/event-types lists them)`);
  }
}

/** The data type of an event type. Throws `UnknownEventType`. */
export function requireDataType(dataTypeOf: DataTypeOf, eventType: string, where = ''): DataTypeName {
  const dataType = dataTypeOf(eventType);
  if (dataType === undefined) throw new UnknownEventType(eventType, where);
  return dataType;
}
