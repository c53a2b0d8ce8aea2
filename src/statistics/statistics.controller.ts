import { Controller, Get, Param } from '@nestjs/common';
import { NotFound } from '../common/errors.js';
import { Operation } from '../http/operation.js';
import { FromQuery } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { SeriesCache } from '../storage/registry/series-cache.js';
import { parseStatistics, type StatisticsQuery } from './statistics-query.js';
import { GET_STATISTICS } from './statistics.docs.js';
import { type StatisticsObject } from './statistics.dto.js';
import { StatisticsService } from './statistics.service.js';

/** Statistics of any series of numbers. */
@Controller('metadata/:metadataKey/:eventType/statistics')
export class StatisticsController {
  constructor(
    private readonly statistics: StatisticsService,
    private readonly series: SeriesCache,
  ) {}

  @Get()
  @Rules({ access: 'read' })
  @Operation(GET_STATISTICS)
  async find(
    @Param('metadataKey') key: string,
    @Param('eventType') eventType: string,
    @FromQuery(parseStatistics) query: StatisticsQuery,
  ): Promise<StatisticsObject> {
    const found = await this.statistics.of(key, eventType, query);
    if (found.count === 0 && !(await this.series.get([key])).has(key))
      throw new NotFound(`there is no metadata ${key}`);
    return { 'metadata-key': key, ...found };
  }
}
