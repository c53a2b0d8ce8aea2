import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Caller } from '../auth/caller.js';
import { OptionalJsonBody } from '../http/json-body.js';
import { Operation } from '../http/operation.js';
import { By, FromQuery } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type EventSearch } from '../storage/events/event-search.js';
import { ACKNOWLEDGE_EVENT, GET_EVENT, LIST_EVENTS, RESOLVE_EVENT } from './event.docs.js';
import { type EventObject, type EventPageObject, NewAcknowledgementObject, ResolutionObject } from './event.dto.js';
import { EventIdPipe } from './event-id.pipe.js';
import { parseEventQuery } from './event-query.js';
import { EventsService } from './events.service.js';

/** The events of rules. */
@Controller('events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Get()
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_EVENTS)
  list(@FromQuery(parseEventQuery) search: EventSearch): Promise<EventPageObject> {
    return this.events.list(search);
  }

  @Get(':event')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_EVENT)
  find(@Param('event', EventIdPipe) id: string): Promise<EventObject> {
    return this.events.find(id);
  }

  @Post(':event/acknowledge')
  @HttpCode(200)
  @Rules({ access: 'write' })
  @Operation(ACKNOWLEDGE_EVENT)
  acknowledge(
    @Param('event', EventIdPipe) id: string,
    @Body(OptionalJsonBody) body: NewAcknowledgementObject,
    @By() caller: Caller,
  ): Promise<EventObject> {
    return this.events.acknowledge(id, body, caller);
  }

  @Post(':event/resolve')
  @HttpCode(200)
  @Rules({ access: 'write' })
  @Operation(RESOLVE_EVENT)
  resolve(
    @Param('event', EventIdPipe) id: string,
    @Body(OptionalJsonBody) body: ResolutionObject,
    @By() caller: Caller,
  ): Promise<EventObject> {
    return this.events.resolve(id, body, caller);
  }
}
