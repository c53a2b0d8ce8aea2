import { Body, Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { AppConfig } from '../config/config.js';
import { setReportHeaders } from '../data/write-report.js';
import { IdempotencyKey, type RequestKey } from '../http/idempotency-key.js';
import { Operation } from '../http/operation.js';
import { By } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { GET_RECENT, POST_MEASUREMENTS } from './measurements.docs.js';
import { type RecentObject } from './measurements.dto.js';
import { parseMeasurements } from './parse-measurements.js';
import { SENSOR_JSON, sensorFormat } from './refusals.js';
import { SensorIdPipe } from './sensor-id.pipe.js';
import { SensorsService } from './sensors.service.js';
import { SensorWrites } from './sensor-writes.service.js';

/** The answer to measurements that are stored: not a buffer, as node sends a string together with the headers. */
const STORED = '{"result":true,"response":"OK"}';

/** What sensors send, and what they ask of it. */
@Controller('sensors/:sensor/measurements')
export class MeasurementsController {
  constructor(
    private readonly writes: SensorWrites,
    private readonly sensors: SensorsService,
    private readonly config: AppConfig,
  ) {}

  @Post()
  @HttpCode(200)
  @Rules({ access: 'write', contentTypeRefusal: 415, refusals: sensorFormat, keepsCharset: true })
  @Operation(POST_MEASUREMENTS)
  async store(
    @Param('sensor', SensorIdPipe) sensor: string,
    @Body() body: Buffer | undefined,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const measurements = parseMeasurements(body, this.config.maxPoints);
    const report = await this.writes.write({ sensor, measurements, caller, requestKey });
    setReportHeaders(reply, report);
    if (report.conflict) throw report.conflict;
    void reply.header('content-type', SENSOR_JSON);
    return STORED;
  }

  @Get()
  @Rules({ access: 'read', refusals: sensorFormat, keepsCharset: true })
  @Operation(GET_RECENT)
  async recent(
    @Param('sensor', SensorIdPipe) sensor: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecentObject> {
    const found = await this.sensors.recent(sensor);
    void reply.header('content-type', SENSOR_JSON);
    return found;
  }
}
