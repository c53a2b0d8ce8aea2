import { type Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../../auth/caller.js';
import { IdempotencyKey, type RequestKey } from '../../http/idempotency-key.js';
import { Operation } from '../../http/operation.js';
import { Address, By, FromQuery, MediaType, type RequestAddress } from '../../http/request.js';
import { Rules } from '../../http/route-rules.js';
import { answerRows } from '../../rows/answer-rows.js';
import { type Format, namesOf } from '../../rows/row-format.js';
import { parseTimeBase, type TimeBase } from '../time-base.js';
import { POINT_TYPES } from './parse-columns.js';
import { AskedPointFormat, POINT_FORMATS } from './point-formats.js';
import { parseStreamRowQuery, type StreamRowQuery } from './point-query.js';
import { APPEND_ROWS, GET_ROWS, PUT_ROWS, PUT_ROWS_OF_STREAMS } from './points.docs.js';
import { type StoredRowsObject, type StoredRowsOfStreamsObject } from './points.dto.js';
import { RowPipe } from './row.pipe.js';
import { StreamReads } from './stream-reads.service.js';
import { type NamedOutcome, StreamWrites } from './stream-writes.service.js';

const NOTHING = Buffer.alloc(0);

/** Storing and reading points of streams. */
@Controller('sessions/:session')
export class PointsController {
  constructor(
    private readonly writes: StreamWrites,
    private readonly reads: StreamReads,
  ) {}

  @Get('streams/:stream/points')
  @Rules({ access: 'read', formats: namesOf(POINT_FORMATS) })
  @Operation(GET_ROWS)
  async read(
    @Param('session') session: string,
    @Param('stream') stream: string,
    @FromQuery(parseStreamRowQuery) query: StreamRowQuery,
    @AskedPointFormat() format: Format,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | Readable> {
    return answerRows(await this.reads.read(session, stream, query), format, address, reply);
  }

  @Put('streams/:stream/points/:row')
  @Rules({ access: 'write', contentTypeRefusal: 415, bodyTypes: POINT_TYPES, gzip: true })
  @Operation(PUT_ROWS)
  async put(
    @Param('session') session: string,
    @Param('stream') stream: string,
    @Param('row', RowPipe) row: number,
    @FromQuery(parseTimeBase) timeBase: TimeBase,
    @MediaType() mediaType: string,
    @Body() body: Buffer | undefined,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
  ): Promise<StoredRowsObject> {
    const request = { session, stream, row, timeBase, mediaType, body: body ?? NOTHING, caller, requestKey };
    return storedRows(await this.writes.write(request));
  }

  /** The archive gives out the row numbers. */
  @Post('streams/:stream/points')
  @HttpCode(200)
  @Rules({ access: 'write', contentTypeRefusal: 415, bodyTypes: POINT_TYPES, gzip: true })
  @Operation(APPEND_ROWS)
  async append(
    @Param('session') session: string,
    @Param('stream') stream: string,
    @FromQuery(parseTimeBase) timeBase: TimeBase,
    @MediaType() mediaType: string,
    @Body() body: Buffer | undefined,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
  ): Promise<StoredRowsObject> {
    const request = { session, stream, row: undefined, timeBase, mediaType, body: body ?? NOTHING, caller, requestKey };
    return storedRows(await this.writes.write(request));
  }

  @Put('points')
  @Rules({ access: 'write', contentTypeRefusal: 415, gzip: true })
  @Operation(PUT_ROWS_OF_STREAMS)
  async putMany(
    @Param('session') session: string,
    @FromQuery(parseTimeBase) timeBase: TimeBase,
    @Body() body: Buffer | undefined,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
  ): Promise<StoredRowsOfStreamsObject> {
    const outcomes = await this.writes.writeMany({ session, timeBase, body: body ?? NOTHING, caller, requestKey });
    return { streams: outcomes.map((outcome) => ({ stream: outcome.stream, ...storedRows(outcome) })) };
  }
}

function storedRows({ row, rows, stored, repeated, expired, nextRow }: NamedOutcome) {
  return { row, rows, stored, repeated, expired, 'next-row': nextRow };
}
