import { type Readable } from 'node:stream';
import { Controller, Get, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type Query } from '../common/time-range.js';
import { jsonStream } from '../http/json-stream.js';
import { Operation } from '../http/operation.js';
import { Address, type RequestAddress, WireQuery } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { LATEST_POINTS } from './latest.docs.js';
import { LatestService } from './latest.service.js';
import { LatestView } from './latest-view.js';

/** The newest point of each of many series. */
@Controller('latest')
export class LatestController {
  constructor(
    private readonly latest: LatestService,
    private readonly view: LatestView,
  ) {}

  @Get()
  @Rules({ access: 'read' })
  @Operation(LATEST_POINTS)
  async find(
    @WireQuery() query: Query,
    @Address() { origin, path }: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    const { slices, next } = await this.latest.latest(query);
    if (next !== undefined)
      void reply.header(
        'link',
        `<${origin}${path}?${String(new URLSearchParams({ ...query, after: next }))}>; rel="next"`,
      );
    return jsonStream(slices, (point) => this.view.text(point));
  }
}
