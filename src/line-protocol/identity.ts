import { type FastifyRequest } from 'fastify';

/** The version that clients are told. Those that choose by it use the API of InfluxDB 1. */
export const VERSION = '1.8.10-marigram';

/** The headers of all answers here. */
export function influxHeaders({ id }: FastifyRequest): Readonly<Record<string, string>> {
  return { 'x-influxdb-version': VERSION, 'x-influxdb-build': 'OSS', 'request-id': id };
}
