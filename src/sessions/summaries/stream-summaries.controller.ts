import { type Readable } from 'node:stream';
import { Controller, Get, Param, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Operation } from '../../http/operation.js';
import { Address, FromQuery, type RequestAddress } from '../../http/request.js';
import { Rules } from '../../http/route-rules.js';
import { SummaryTypePipe } from '../../metadata/summary-type.pipe.js';
import { type SummaryType } from '../../rollups/summary-kinds.js';
import { MICROS_PER_SECOND } from '../../common/time.js';
import { answerRows } from '../../rows/answer-rows.js';
import { type Format, namesOf } from '../../rows/row-format.js';
import { WindowPipe } from '../../rows/window.pipe.js';
import { announceIncomplete } from '../../summaries/announce-incomplete.js';
import { parseStreamRowQuery, type StreamRowQuery } from '../points/point-query.js';
import { GET_STREAM_SUMMARY, GET_WHOLE_SUMMARY } from './stream-summaries.docs.js';
import { StreamSummaries } from './stream-summaries.service.js';
import { AskedSummaryFormat, formatOf, hasColumns, SUMMARY_FORMATS } from './summary-formats.js';

/** Reading summaries of streams. */
@Controller('sessions/:session/streams/:stream')
export class StreamSummariesController {
  constructor(private readonly summaries: StreamSummaries) {}

  /** All points of a stream summed up. */
  @Get(':summaryType/all')
  @Rules({ access: 'read' })
  @Operation(GET_WHOLE_SUMMARY)
  async whole(
    @Param('session') session: string,
    @Param('stream') stream: string,
    @Param('summaryType', SummaryTypePipe) type: SummaryType,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const whole = await this.summaries.whole(session, stream, type);
    announceIncomplete(whole, reply);
    return `{"window":${whole.window},"value":${whole.value ?? 'null'}}`;
  }

  /** In lines, relative times are whole seconds, as netort has them. */
  @Get(':summaryType/:window')
  @Rules({ access: 'read', formats: namesOf(SUMMARY_FORMATS) })
  @Operation(GET_STREAM_SUMMARY)
  async read(
    @Param('session') session: string,
    @Param('stream') stream: string,
    @Param('summaryType', SummaryTypePipe) type: SummaryType,
    @Param('window', WindowPipe) window: number,
    @FromQuery(parseStreamRowQuery) query: StreamRowQuery,
    @AskedSummaryFormat() format: Format,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | Readable> {
    const bins = await this.summaries.read(session, stream, type, window, query);
    announceIncomplete(bins, reply);
    const isRelative = query.timeBase === 'relative';
    const times = {
      origin: isRelative ? bins.testStart : 0,
      unit: isRelative && hasColumns(format) ? MICROS_PER_SECOND : 1,
    };
    return answerRows({ ...bins, times }, formatOf(type, format), address, reply);
  }
}
