import { Controller, Get, Param, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Operation } from '../http/operation.js';
import { setLink } from '../http/page-links.js';
import { Address, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type EventSearch } from '../storage/events/event-search.js';
import { LIST_SENSOR_EVENTS } from './event.docs.js';
import { parseSensorEventQuery } from './event-query.js';
import { EventsService } from './events.service.js';
import { type SensorEventsObject } from './sensor-events.dto.js';

/** The events of a sensor's temperature, in a short form. */
@Controller('sensors/:sensor/events')
export class SensorEventsController {
  constructor(private readonly events: EventsService) {}

  @Get()
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_SENSOR_EVENTS)
  async list(
    @Param('sensor') sensor: string,
    @FromQuery(parseSensorEventQuery) search: EventSearch,
    @Address() { origin, path, query }: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SensorEventsObject> {
    const { events, cursor } = await this.events.ofSensor(sensor, search);
    const next = cursor && `${origin}${path}?${new URLSearchParams({ ...query, cursor }).toString()}`;
    setLink(reply, { next, previous: null });
    return { sensorUuid: sensor, events };
  }
}
