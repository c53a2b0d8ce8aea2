import { type Readable } from 'node:stream';
import { Controller, Get, Param, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Operation } from '../http/operation.js';
import { Address, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { SummaryTypePipe } from '../metadata/summary-type.pipe.js';
import { type SummaryType } from '../rollups/summary-kinds.js';
import { answerRows } from '../rows/answer-rows.js';
import { AskedFormat, type Format, ROW_FORMATS } from '../rows/row-format.js';
import { parseRowQuery, type RowQuery } from '../rows/row-query.js';
import { WindowPipe } from '../rows/window.pipe.js';
import { announceIncomplete } from './announce-incomplete.js';
import { GET_SUMMARY } from './summaries.docs.js';
import { SummariesService } from './summaries.service.js';

/** Reading summaries; they are written with the points they sum up. */
@Controller('archive')
export class SummariesController {
  constructor(private readonly summaries: SummariesService) {}

  /** While a summary is being filled from older points, the answer has its finished bins and `Retry-After`. */
  @Get(':metadataKey/:eventType/:summaryType/:window')
  @Rules({ access: 'read', formats: ROW_FORMATS })
  @Operation(GET_SUMMARY)
  async read(
    @Param('metadataKey') metadataKey: string,
    @Param('eventType') eventType: string,
    @Param('summaryType', SummaryTypePipe) type: SummaryType,
    @Param('window', WindowPipe) window: number,
    @FromQuery(parseRowQuery) query: RowQuery,
    @AskedFormat() format: Format,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | Readable> {
    const bins = await this.summaries.read({ metadataKey, eventType, type, window }, query);
    announceIncomplete(bins, reply);
    return answerRows(bins, format, address, reply);
  }
}
