import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { Invalid, NotFound } from '../common/errors.js';
import { type Query } from '../common/time-range.js';
import { By, FromQuery } from '../http/request.js';
import { Rules, type RouteRules } from '../http/route-rules.js';
import { UnknownDatabase } from '../storage/databases/database-store.js';
import { CREDENTIALS, influxHeaders } from './identity.js';
import { isPrecision, type Precision } from './parse/time-reader.js';
import { refusalsOfV1Write, refusalsOfV2, v2Body } from './refusals.js';
import { LineWriteService, type LineWrite } from './write/line-write.service.js';

const DOOR: RouteRules = { access: 'write', gzip: true, credentials: CREDENTIALS, headers: influxHeaders };

/** Where lines go, and the unit of their times. */
type Target = Pick<LineWrite, 'database' | 'precision'>;

const targetOfV1 = ({ db, precision }: Query): Target => {
  if (!db) throw new Invalid('database is required');
  return { database: db, precision: precisionIn(precision) };
};

/** What follows a slash in the name of a bucket is a retention policy. */
const targetOfV2 = ({ bucket = '', precision }: Query): Target => {
  const [database = ''] = bucket.split('/', 1);
  if (database === '') throw new Invalid('bucket is required');
  return { database, precision: precisionIn(precision) };
};

/** The unit that a request names; nanoseconds where it names none. An unknown one is refused, which InfluxDB does not. */
function precisionIn(text = ''): Precision {
  if (text === '') return 'ns';
  if (isPrecision(text)) return text;
  throw new Invalid(`invalid precision ${JSON.stringify(text)}`);
}

/** The write doors of InfluxDB, which docs/line-protocol.md describes. */
@ApiExcludeController()
@Controller()
export class WriteController {
  constructor(private readonly writer: LineWriteService) {}

  @Post('write')
  @HttpCode(204)
  @Rules({ ...DOOR, refusals: refusalsOfV1Write })
  async write(
    @FromQuery(targetOfV1) target: Target,
    @Body() body: Buffer | undefined,
    @By() by: Caller,
  ): Promise<void> {
    const missing = `database not found: ${JSON.stringify(target.database)}`;
    const report = await this.store(target, body, by, missing);
    if (report) throw new Invalid(report.text);
  }

  /** 422 where lines are refused for the types of their fields only. */
  @Post('api/v2/write')
  @HttpCode(204)
  @Rules({ ...DOOR, refusals: refusalsOfV2 })
  async writeV2(
    @FromQuery(targetOfV2) target: Target,
    @Body() body: Buffer | undefined,
    @By() by: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    const missing = `bucket ${JSON.stringify(target.database)} not found`;
    const report = await this.store(target, body, by, missing);
    if (!report) return undefined;
    if (!report.isConflict) throw new Invalid(report.text);
    void reply.status(422);
    return v2Body(422, report.text);
  }

  /** @param missing the text for an unknown database. */
  private async store(target: Target, body: Buffer | undefined, by: Caller, missing: string) {
    if (!body || body.length === 0) return undefined;
    try {
      return await this.writer.write({ ...target, body, by });
    } catch (error) {
      throw error instanceof UnknownDatabase ? new NotFound(missing) : error;
    }
  }
}
