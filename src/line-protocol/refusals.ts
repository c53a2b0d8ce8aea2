import { type RefusalFormat } from '../http/refusal-format.js';

/** The most characters of an error in a header, as of InfluxDB. */
const MAX_HEADER = 1024;

/**
 * Refusals as the clients of InfluxDB 1 expect them: `{"error": …}`, and the same in a header. A refusal for now is always
 * 503: they drop what they wrote at any 4xx.
 */
export const refusalsOfV1: RefusalFormat = ({ status, detail }, _request, reply) => {
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="InfluxDB"');
  if (status === 429) void reply.status(503);
  const error = FIXED_TEXTS[status] ?? detail;
  void reply.header('x-influxdb-error', headerText(error));
  return JSON.stringify({ error });
};

const FIXED_TEXTS: Readonly<Record<number, string>> = {
  401: 'authorization failed',
  413: 'Request Entity Too Large',
};

/** A text as a header can carry it: on one line, a character for each byte of its UTF-8. */
function headerText(text: string): string {
  return Buffer.from(text.slice(0, MAX_HEADER).replace(/\p{Cc}/gu, ' ')).toString('latin1');
}
