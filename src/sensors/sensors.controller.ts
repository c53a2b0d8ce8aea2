import { Controller, Get, Param, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Operation } from '../http/operation.js';
import { setLink } from '../http/page-links.js';
import { Address, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type MetadataObject } from '../metadata/metadata.dto.js';
import { MetadataView } from '../metadata/metadata-view.js';
import { parseStatistics, type StatisticsQuery } from '../statistics/statistics-query.js';
import { type StatisticsObject } from '../statistics/statistics.dto.js';
import { SensorStore } from '../storage/registry/sensor-store.js';
import { SensorIdPipe } from './sensor-id.pipe.js';
import { parseSensorList, type SensorList } from './sensor-list.js';
import { GET_SENSOR, GET_SENSOR_STATISTICS, LIST_SENSORS } from './sensors.docs.js';
import { SensorsService } from './sensors.service.js';

/** The sensors that there are. */
@Controller('sensors')
export class SensorsController {
  constructor(
    private readonly sensors: SensorsService,
    private readonly store: SensorStore,
    private readonly view: MetadataView,
  ) {}

  @Get()
  @Rules({ access: 'read' })
  @Operation(LIST_SENSORS)
  async list(
    @FromQuery(parseSensorList) { limit, after }: SensorList,
    @Address() { origin, path, query }: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MetadataObject[]> {
    const found = await this.store.list(after, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1)?.parameters['sensor'];
    const isLast = found.length <= limit || last === undefined;
    const next = isLast ? null : `${origin}${path}?${new URLSearchParams({ ...query, after: last }).toString()}`;
    setLink(reply, { next, previous: null });
    return page.map((one) => this.view.metadata(one, origin));
  }

  @Get(':sensor')
  @Rules({ access: 'read' })
  @Operation(GET_SENSOR)
  async find(
    @Param('sensor', SensorIdPipe) sensor: string,
    @Address() { origin }: RequestAddress,
  ): Promise<MetadataObject> {
    return this.view.metadata(await this.sensors.find(sensor), origin);
  }

  @Get(':sensor/statistics')
  @Rules({ access: 'read' })
  @Operation(GET_SENSOR_STATISTICS)
  statistics(
    @Param('sensor', SensorIdPipe) sensor: string,
    @FromQuery(parseStatistics) query: StatisticsQuery,
  ): Promise<StatisticsObject> {
    return this.sensors.statistics(sensor, query);
  }
}
