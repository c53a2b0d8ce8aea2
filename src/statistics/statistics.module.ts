import { Module } from '@nestjs/common';
import { NumberSeries } from './number-series.js';
import { StatisticsController } from './statistics.controller.js';
import { StatisticsService } from './statistics.service.js';

@Module({
  controllers: [StatisticsController],
  providers: [NumberSeries, StatisticsService],
  exports: [NumberSeries, StatisticsService],
})
export class StatisticsModule {}
