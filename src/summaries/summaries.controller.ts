import { type Readable } from 'node:stream';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type Query } from '../common/time-range.js';
import { answerPoints } from '../data/answer-points.js';
import { TEXT_FORMATS } from '../data/points-format.js';
import { Operation } from '../http/operation.js';
import { Address, type RequestAddress, WireQuery } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { GET_SUMMARY } from './summaries.docs.js';
import { SummariesService } from './summaries.service.js';

/** Seconds after which a summary that is being filled may be complete. */
const RETRY_INCOMPLETE = 5;

/** Reading summaries; they are written with the points they sum up. */
@Controller('archive')
export class SummariesController {
  constructor(private readonly summaries: SummariesService) {}

  /** While a summary is being filled from older points, the answer has its finished bins and `Retry-After`. */
  @Get(':metadataKey/:eventType/:summaryType/:window')
  @Rules({ access: 'read' })
  @Operation(GET_SUMMARY)
  async read(
    @Param('metadataKey') key: string,
    @Param('eventType') eventType: string,
    @Param('summaryType') path: string,
    @Param('window') window: string,
    @WireQuery(TEXT_FORMATS) query: Query,
    @Headers('accept') accept: string | undefined,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | Readable> {
    const bins = await this.summaries.read(key, eventType, path, window, query);
    if (bins.incomplete) void reply.header('retry-after', RETRY_INCOMPLETE);
    return answerPoints(bins, query, address, accept, reply);
  }
}
