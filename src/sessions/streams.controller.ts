import { Body, Controller, Get, Param, Patch, Put, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { Operation } from '../http/operation.js';
import { pageLinks, setLink } from '../http/page-links.js';
import { Address, By, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { IdPipe } from './id.pipe.js';
import { MetaBody } from './meta-body.js';
import { MetaChangesObject } from './session.dto.js';
import { viewOf } from './session-view.js';
import { GET_STREAM, LIST_STREAMS, PATCH_STREAM, PUT_STREAM } from './stream.docs.js';
import { NewStreamObject } from './stream.dto.js';
import { parseStreamQuery, type StreamQuery } from './stream-query.js';
import { streamPath, streamText } from './stream-view.js';
import { StreamsService } from './streams.service.js';

/** The streams of a session. Answers are JSON texts, because the numbers of a `meta` stay as they are. */
@Controller('sessions/:session/streams')
export class StreamsController {
  constructor(private readonly streams: StreamsService) {}

  @Get()
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_STREAMS)
  async list(
    @Param('session') session: string,
    @FromQuery(parseStreamQuery) query: StreamQuery,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const view = viewOf(address);
    const { rows, more } = await this.streams.list(session, query);
    setLink(reply, pageLinks(address, query.page, more));
    return `[${rows.map((stream) => streamText(stream, view)).join(',')}]`;
  }

  /** Answers 201 for a new stream, 200 for a known one. */
  @Put(':stream')
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(PUT_STREAM)
  async put(
    @Param('session') session: string,
    @Param('stream', IdPipe) id: string,
    @Body(MetaBody) body: NewStreamObject,
    @Address() address: RequestAddress,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const view = viewOf(address);
    const { stream, isNew } = await this.streams.register(session, id, body, caller);
    void reply.status(isNew ? 201 : 200).header('location', `${view.origin}${streamPath(stream)}`);
    return streamText(stream, view);
  }

  @Get(':stream')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_STREAM)
  async find(
    @Param('session') session: string,
    @Param('stream') id: string,
    @Address() address: RequestAddress,
  ): Promise<string> {
    const view = viewOf(address);
    return streamText(await this.streams.find(session, id), view);
  }

  @Patch(':stream')
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(PATCH_STREAM)
  async update(
    @Param('session') session: string,
    @Param('stream') id: string,
    @Body(MetaBody) body: MetaChangesObject,
    @Address() address: RequestAddress,
    @By() caller: Caller,
  ): Promise<string> {
    const view = viewOf(address);
    return streamText(await this.streams.update(session, id, body, caller), view);
  }
}
