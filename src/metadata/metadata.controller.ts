import { Body, Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { Operation } from '../http/operation.js';
import { Address, By, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type SummaryType } from '../rollups/summary-kinds.js';
import { MetadataView } from './metadata-view.js';
import { CREATE_METADATA, GET_EVENT_TYPE, GET_METADATA, LIST_SUMMARIES } from './metadata.docs.js';
import { type EventTypeObject, type MetadataObject, type SummaryObject } from './metadata.dto.js';
import { MetadataService } from './metadata.service.js';
import { SummaryTypePipe } from './summary-type.pipe.js';

/** Registering metadata, and reading single ones. */
@Controller('archive')
export class MetadataController {
  constructor(
    private readonly metadata: MetadataService,
    private readonly view: MetadataView,
  ) {}

  /** 201 whether the metadata is new or known: clients re-post before every run. */
  @Post()
  @HttpCode(201)
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(CREATE_METADATA)
  async register(
    @Body() body: Buffer | undefined,
    @Address() address: RequestAddress,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MetadataObject> {
    const registered = this.view.metadata(await this.metadata.registerBody(body, caller), address.origin);
    void reply.header('location', registered.url);
    return registered;
  }

  @Get(':metadataKey')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_METADATA)
  async find(@Param('metadataKey') key: string, @Address() address: RequestAddress): Promise<MetadataObject> {
    return this.view.metadata(await this.metadata.find(key), address.origin);
  }

  /** An array of the one event type, or an empty one for anything unknown. */
  @Get(':metadataKey/:eventType')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_EVENT_TYPE)
  async findEventType(@Param('metadataKey') key: string, @Param('eventType') name: string): Promise<EventTypeObject[]> {
    const eventType = await this.metadata.findEventType(key, name);
    return eventType ? [this.view.eventType(key, eventType)] : [];
  }

  /** The summaries of one type: the windows there are. */
  @Get(':metadataKey/:eventType/:summaryType')
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_SUMMARIES)
  async findSummaries(
    @Param('metadataKey') key: string,
    @Param('eventType') name: string,
    @Param('summaryType', SummaryTypePipe) type: SummaryType,
  ): Promise<SummaryObject[]> {
    return this.view.eventType(key, await this.metadata.findSummaries(key, name, type)).summaries;
  }
}
