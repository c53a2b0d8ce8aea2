import { type FastifyRequest } from 'fastify';
import { type CredentialForm } from '../auth/credential.js';

/** The version that clients are told. Those that choose by it use the API of InfluxDB 1. */
export const VERSION = '1.8.10-marigram';

/** The forms of a key that clients of InfluxDB send, beside those that all routes take. */
export const CREDENTIALS: readonly CredentialForm[] = ['basic', 'pair', 'query'];

/** The headers of all answers here. */
export function influxHeaders({ id }: FastifyRequest): Readonly<Record<string, string>> {
  return { 'x-influxdb-version': VERSION, 'x-influxdb-build': 'OSS', 'request-id': id };
}
