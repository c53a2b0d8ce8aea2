import { Body, Controller, Delete, Get, Param, Post, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { type Page, parsePage } from '../common/page.js';
import { BUILT_IN, type EventTypeInfo } from '../event-types/catalogue.js';
import { JsonBody } from '../http/json-body.js';
import { Operation } from '../http/operation.js';
import { pageLinks, setLink } from '../http/page-links.js';
import { Address, By, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { DECLARE_EVENT_TYPE, FIND_EVENT_TYPE, LIST_EVENT_TYPES, REMOVE_EVENT_TYPE } from './declared-types.docs.js';
import { type EventTypeInfoObject, NewDeclarationObject } from './declared-types.dto.js';
import { DeclaredTypesService } from './declared-types.service.js';

/** The event types of the archive, built-in and declared. */
@Controller('event-types')
export class DeclaredTypesController {
  constructor(private readonly eventTypes: DeclaredTypesService) {}

  @Get()
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_EVENT_TYPES)
  async list(
    @FromQuery(parsePage) page: Page,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventTypeInfoObject[]> {
    const { rows, more } = await this.eventTypes.list(page);
    setLink(reply, pageLinks(address, page, more));
    return rows.map(toWire);
  }

  @Get(':eventType')
  @Rules({ access: 'read', tagged: true })
  @Operation(FIND_EVENT_TYPE)
  async find(@Param('eventType') name: string): Promise<EventTypeInfoObject> {
    return toWire(await this.eventTypes.find(name));
  }

  /** Answers 201 for a new event type, 200 for a declared one. */
  @Post()
  @Rules({ access: 'admin', contentTypeRefusal: 415 })
  @Operation(DECLARE_EVENT_TYPE)
  async declare(
    @Body(JsonBody) body: NewDeclarationObject,
    @Address() { origin, path }: RequestAddress,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventTypeInfoObject> {
    const { name, 'data-type': dataType, unit, description } = body;
    const { eventType, isNew } = await this.eventTypes.declare({ name, dataType, unit, description }, caller);
    void reply.status(isNew ? 201 : 200).header('location', `${origin}${path.replace(/\/$/, '')}/${name}`);
    return toWire(eventType);
  }

  @Delete(':eventType')
  @Rules({ access: 'admin' })
  @Operation(REMOVE_EVENT_TYPE)
  async remove(@Param('eventType') name: string, @By() caller: Caller): Promise<EventTypeInfoObject> {
    return toWire(await this.eventTypes.remove(name, caller));
  }
}

function toWire({ name, dataType, unit, description }: EventTypeInfo): EventTypeInfoObject {
  return { name, 'data-type': dataType, unit, description, 'built-in': BUILT_IN.has(name) };
}
