import { Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { type Query } from '../common/time-range.js';
import { FromQuery } from '../http/request.js';
import { Rules, type RouteRules } from '../http/route-rules.js';
import { Database } from '../postgres/database.js';
import { influxHeaders, VERSION } from './identity.js';
import { refusalsOfV1 } from './refusals.js';

const OPEN: RouteRules = { refusals: refusalsOfV1, headers: influxHeaders };

const isVerboseIn = ({ verbose }: Query): boolean => verbose !== undefined && !['', '0', 'false'].includes(verbose);

/** What InfluxDB says of a server that is well. */
const PASS = {
  name: 'influxdb',
  message: 'ready for queries and writes',
  status: 'pass',
  checks: [],
  version: VERSION,
};

/** Tells clients of InfluxDB that there is a server; they need no key for it. */
@ApiExcludeController()
@Controller()
export class ServerController {
  constructor(private readonly db: Database) {}

  /** 204 without a body; the version with `verbose`. */
  @Get('ping')
  @HttpCode(204)
  @Rules(OPEN)
  ping(
    @FromQuery(isVerboseIn) isVerbose: boolean,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): { version: string } | undefined {
    if (!isVerbose) return undefined;
    void reply.status(200);
    return { version: VERSION };
  }

  @Post('ping')
  @HttpCode(204)
  @Rules(OPEN)
  postPing(
    @FromQuery(isVerboseIn) isVerbose: boolean,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): { version: string } | undefined {
    return this.ping(isVerbose, reply);
  }

  /** 503 where the database does not answer. */
  @Get('health')
  @Rules(OPEN)
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<typeof PASS> {
    try {
      await this.db.ping();
      return PASS;
    } catch (error) {
      void reply.status(503);
      return { ...PASS, status: 'fail', message: error instanceof Error ? error.message : String(error) };
    }
  }
}
