import { type Readable } from 'node:stream';
import { Controller, Get, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { jsonStream } from '../http/json-stream.js';
import { Operation } from '../http/operation.js';
import { setLink } from '../http/page-links.js';
import { Address, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { LATEST_POINTS } from './latest.docs.js';
import { type LatestQuery, parseLatest } from './latest-query.js';
import { LatestService } from './latest.service.js';
import { LatestView } from './latest-view.js';

/** The newest points of many series. */
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
    @FromQuery(parseLatest) wanted: LatestQuery,
    @Address() { origin, path, query }: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    const { slices, next } = await this.latest.latest(wanted);
    const pageAfter = (after: string): string =>
      `${origin}${path}?${new URLSearchParams({ ...query, after }).toString()}`;
    setLink(reply, { next: next === undefined ? null : pageAfter(next), previous: null });
    return jsonStream(slices, (point) => this.view.text(point));
  }
}
