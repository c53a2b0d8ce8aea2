import { type Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { AppConfig } from '../config/config.js';
import { IdempotencyKey, type RequestKey } from '../http/idempotency-key.js';
import { Operation } from '../http/operation.js';
import { Address, By, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { answerRows } from '../rows/answer-rows.js';
import { AskedFormat, type Format, ROW_FORMATS } from '../rows/row-format.js';
import { WindowPipe } from '../rows/window.pipe.js';
import { ADD_POINT, ADD_POINTS, ADD_POINTS_OF_MANY, GET_POINTS } from './data.docs.js';
import { parsePoint } from './parse-points.js';
import { PostedPoints } from './posted-points.js';
import { parsePointQuery, type PointQuery } from './point-query.js';
import { ReadService } from './read.service.js';
import { setReportHeaders, type WriteReport } from './write-report.js';
import { WriteService } from './write.service.js';

/**
 * The answer to every data write: an empty JSON text, because writers decode the answer. Not a buffer: node sends a
 * string together with the headers.
 */
const STORED = '""';

/** Writing and reading points. A window in the URL of base data means nothing but "the base" when it is 0. */
@Controller('archive')
export class DataController {
  constructor(
    private readonly writer: WriteService,
    private readonly reader: ReadService,
    private readonly config: AppConfig,
  ) {}

  @Post([':metadataKey/:eventType/base', ':metadataKey/:eventType/base/:window'])
  @HttpCode(201)
  @Rules({ access: 'write', contentTypeRefusal: 400 })
  @Operation(ADD_POINT)
  async writePoint(
    @Param('metadataKey') key: string,
    @Param('eventType') eventType: string,
    @Body() body: Buffer | undefined,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const points = PostedPoints.one(parsePoint(body, key, eventType));
    return answer(await this.writer.write({ points, caller, requestKey }), reply);
  }

  /** Points of many metadata: each item of `data` names its own. */
  @Put()
  @HttpCode(201)
  @Rules({ access: 'write', contentTypeRefusal: 400 })
  @Operation(ADD_POINTS_OF_MANY)
  async writeMany(
    @Body() body: Buffer | undefined,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const points = PostedPoints.bulk(body, this.config.maxPoints);
    return answer(await this.writer.writeMany({ points, caller, requestKey }), reply);
  }

  @Put(':metadataKey')
  @HttpCode(201)
  @Rules({ access: 'write', contentTypeRefusal: 400 })
  @Operation(ADD_POINTS)
  async writeBulk(
    @Param('metadataKey') key: string,
    @Body() body: Buffer | undefined,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const points = PostedPoints.bulk(body, this.config.maxPoints, key);
    return answer(await this.writer.write({ points, caller, metadataKey: key, requestKey }), reply);
  }

  @Get([':metadataKey/:eventType/base', ':metadataKey/:eventType/base/:window'])
  @Rules({ access: 'read', formats: ROW_FORMATS })
  @Operation(GET_POINTS)
  async read(
    @Param('metadataKey') metadataKey: string,
    @Param('eventType') eventType: string,
    @Param('window', WindowPipe) window: number | undefined,
    @FromQuery(parsePointQuery) query: PointQuery,
    @AskedFormat() format: Format,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | Readable> {
    const rows = await this.reader.read({ metadataKey, eventType, window }, query);
    return answerRows(rows, format, address, reply);
  }
}

/** Tells a writer what became of the points. Throws the conflict, with the same headers. */
function answer(report: WriteReport, reply: FastifyReply): string {
  setReportHeaders(reply, report);
  if (report.conflict) throw report.conflict;
  return STORED;
}
