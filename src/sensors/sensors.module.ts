import { Module } from '@nestjs/common';
import { DataModule } from '../data/data.module.js';
import { MetadataModule } from '../metadata/metadata.module.js';
import { StatisticsModule } from '../statistics/statistics.module.js';
import { MeasurementsController } from './measurements.controller.js';
import { SensorWrites } from './sensor-writes.service.js';
import { SensorsController } from './sensors.controller.js';
import { SensorsService } from './sensors.service.js';

@Module({
  imports: [DataModule, MetadataModule, StatisticsModule],
  controllers: [MeasurementsController, SensorsController],
  providers: [SensorsService, SensorWrites],
})
export class SensorsModule {}
