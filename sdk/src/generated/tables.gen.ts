// This file is auto-generated from the tables of openapi.json

import type { JsonValue } from '../json-value.js';
import type { Histogram, Subinterval } from '../values.js';

/** The data type of each built-in event type. */
export const DATA_TYPES = {
  'battery': "float",
  'co2': "float",
  'current': "float",
  'energy': "float",
  'event': "string",
  'failures': "json",
  'histogram-owdelay': "histogram",
  'histogram-rtt': "histogram",
  'histogram-ttl': "histogram",
  'histogram-ttl-reverse': "histogram",
  'humidity': "float",
  'illuminance': "float",
  'iostat': "json",
  'metric': "float",
  'mpstat': "json",
  'noise': "float",
  'ntp-delay': "float",
  'ntp-dispersion': "float",
  'ntp-jitter': "float",
  'ntp-offset': "float",
  'ntp-polling-interval': "float",
  'ntp-reach': "integer",
  'ntp-stratum': "integer",
  'ntp-wander': "float",
  'packet-count-lost': "integer",
  'packet-count-lost-bidir': "integer",
  'packet-count-sent': "integer",
  'packet-duplicates': "integer",
  'packet-duplicates-bidir': "integer",
  'packet-loss-rate': "percentage",
  'packet-loss-rate-bidir': "percentage",
  'packet-reorders': "integer",
  'packet-reorders-bidir': "integer",
  'packet-retransmits': "integer",
  'packet-retransmits-subintervals': "subinterval",
  'packet-rtt': "integer",
  'packet-rtt-subintervals': "subinterval",
  'packet-trace': "json",
  'packet-trace-multi': "json",
  'path-mtu': "integer",
  'power': "float",
  'pressure': "float",
  'pscheduler-raw': "json",
  'pscheduler-run-href': "json",
  'rusage': "json",
  'signal-strength': "float",
  'streams-packet-retransmits': "json",
  'streams-packet-retransmits-subintervals': "json",
  'streams-packet-rtt': "json",
  'streams-packet-rtt-subintervals': "json",
  'streams-tcp-windowsize': "json",
  'streams-tcp-windowsize-subintervals': "json",
  'streams-tcpinfo': "json",
  'streams-throughput': "json",
  'streams-throughput-subintervals': "json",
  'tcp-windowsize': "integer",
  'tcp-windowsize-subintervals': "subinterval",
  'tcpinfo': "json",
  'temperature': "float",
  'throughput': "integer",
  'throughput-subintervals': "subinterval",
  'time-error-estimates': "float",
  'voltage': "float",
} as const;

/** The summaries of each data type. */
export const SUMMARIES = {
  'integer': ["aggregation","average","statistics","quantiles","distribution"],
  'float': ["aggregation","average","statistics","quantiles","distribution"],
  'percentage': ["aggregation"],
  'histogram': ["aggregation","statistics"],
  'json': [],
  'subinterval': [],
  'string': ["categories"],
  'boolean': ["categories"],
} as const;

/** The name of each summary in URLs, and the data type of its values: `null` for that of the points. */
export const SUMMARY_TYPES = {
  'aggregation': {"path":"aggregations","dataType":null},
  'average': {"path":"averages","dataType":"float"},
  'statistics': {"path":"statistics","dataType":"json"},
  'quantiles': {"path":"quantiles","dataType":"json"},
  'distribution': {"path":"distributions","dataType":"json"},
  'categories': {"path":"categories","dataType":"histogram"},
} as const;

/** What is read as `val` of each built-in event type. */
export interface BuiltInValues {
  /** V; voltage of the battery of a sensor */
  'battery': number;
  /** ppm; carbon dioxide in the air */
  'co2': number;
  /** A; electric current */
  'current': number;
  /** kWh; the count of an electricity meter */
  'energy': number;
  /** a stream of texts of a session */
  'event': string;
  /** an object with the text of the `error` */
  'failures': JsonValue;
  /** ms; one-way delay: count by delay */
  'histogram-owdelay': Histogram;
  /** ms; round-trip time: count by time */
  'histogram-rtt': Histogram;
  /** hops; from source to destination */
  'histogram-ttl': Histogram;
  /** hops; from destination to source */
  'histogram-ttl-reverse': Histogram;
  /** %; relative humidity */
  'humidity': number;
  /** lx; light that falls on a surface */
  'illuminance': number;
  /** statistics of the host */
  'iostat': JsonValue;
  /** a stream of numbers of a session */
  'metric': number;
  /** statistics of the host */
  'mpstat': JsonValue;
  /** dB; sound level */
  'noise': number;
  /** ms; round-trip time to the peer */
  'ntp-delay': number;
  /** ms; dispersion of the peer */
  'ntp-dispersion': number;
  /** ms; jitter of the offset */
  'ntp-jitter': number;
  /** ms; offset of the clock from the peer */
  'ntp-offset': number;
  /** s; time between two polls of the peer */
  'ntp-polling-interval': number;
  /** the register, read as octal */
  'ntp-reach': number;
  /** the stratum of the clock */
  'ntp-stratum': number;
  /** PPM; wander of the clock frequency */
  'ntp-wander': number;
  /** packets; one way */
  'packet-count-lost': number;
  /** packets; both ways */
  'packet-count-lost-bidir': number;
  /** packets; sent */
  'packet-count-sent': number;
  /** packets; one way */
  'packet-duplicates': number;
  /** packets; both ways */
  'packet-duplicates-bidir': number;
  /** lost / sent */
  'packet-loss-rate': number;
  /** lost / sent, both ways */
  'packet-loss-rate-bidir': number;
  /** packets; one way */
  'packet-reorders': number;
  /** packets; both ways */
  'packet-reorders-bidir': number;
  /** packets; sent again */
  'packet-retransmits': number;
  /** packets; in each part of a test */
  'packet-retransmits-subintervals': Subinterval[];
  /** round-trip time as TCP sees it */
  'packet-rtt': number;
  /** round-trip time in each part of a test */
  'packet-rtt-subintervals': Subinterval[];
  /** an array of hops */
  'packet-trace': JsonValue;
  /** an array of arrays of hops */
  'packet-trace-multi': JsonValue;
  /** bytes; largest packet that passes the path */
  'path-mtu': number;
  /** W; electric power */
  'power': number;
  /** hPa; of the air */
  'pressure': number;
  /** the raw result */
  'pscheduler-raw': JsonValue;
  /** an object with `href` */
  'pscheduler-run-href': JsonValue;
  /** resources that the test used */
  'rusage': JsonValue;
  /** dBm; of the radio signal of a sensor */
  'signal-strength': number;
  /** packets; one number a stream */
  'streams-packet-retransmits': JsonValue;
  /** packets; for each stream its subintervals */
  'streams-packet-retransmits-subintervals': JsonValue;
  /** one number a stream */
  'streams-packet-rtt': JsonValue;
  /** for each stream its subintervals */
  'streams-packet-rtt-subintervals': JsonValue;
  /** bytes; one number a stream */
  'streams-tcp-windowsize': JsonValue;
  /** bytes; for each stream its subintervals */
  'streams-tcp-windowsize-subintervals': JsonValue;
  /** what the kernel knows of each stream */
  'streams-tcpinfo': JsonValue;
  /** bits per second; one number a stream */
  'streams-throughput': JsonValue;
  /** bits per second; for each stream its subintervals */
  'streams-throughput-subintervals': JsonValue;
  /** bytes; size of the TCP window */
  'tcp-windowsize': number;
  /** bytes; in each part of a test */
  'tcp-windowsize-subintervals': Subinterval[];
  /** what the kernel knows of the connection */
  'tcpinfo': JsonValue;
  /** °C; of air, water or a part */
  'temperature': number;
  /** bits per second; the rate of the test */
  'throughput': number;
  /** bits per second; in each part of a test */
  'throughput-subintervals': Subinterval[];
  /** ms; clock error */
  'time-error-estimates': number;
  /** V; electric voltage */
  'voltage': number;
}
