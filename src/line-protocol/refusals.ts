import { type RefusalFormat } from '../http/refusal-format.js';
import { queryOf } from '../http/request.js';

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

/** As `refusalsOfV1`; one for the lack of a right names the database. */
export const refusalsOfV1Write: RefusalFormat = (refusal, request, reply) => {
  if (refusal.status !== 403) return refusalsOfV1(refusal, request, reply);
  const [user, database] = [request.caller?.username ?? '', queryOf(request)['db'] ?? ''];
  const detail = `user ${JSON.stringify(user)} is not authorized to write to database ${JSON.stringify(database)}`;
  return refusalsOfV1({ status: 403, code: 'forbidden', detail }, request, reply);
};

/** Refusals as the clients of InfluxDB 2 expect them: `{"code": …, "message": …}`. */
export const refusalsOfV2: RefusalFormat = ({ status, detail }, _request, reply) => {
  if (status === 401) void reply.header('www-authenticate', 'Token');
  return v2Body(status, status === 401 ? 'unauthorized access' : detail);
};

/** The body of a refusal with this status. */
export function v2Body(status: number, message: string): string {
  return JSON.stringify({ code: V2_CODES[status] ?? 'invalid', message });
}

const FIXED_TEXTS: Readonly<Record<number, string>> = {
  401: 'authorization failed',
  413: 'Request Entity Too Large',
};

const V2_CODES: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not found',
  405: 'method not allowed',
  413: 'request too large',
  422: 'unprocessable entity',
  429: 'too many requests',
  500: 'internal error',
  503: 'unavailable',
};

/** A text as a header can carry it: on one line, in ASCII. */
function headerText(text: string): string {
  return text
    .slice(0, MAX_HEADER)
    .replace(/\n/g, ' ')
    .replace(/[^ -~]/g, '?');
}
