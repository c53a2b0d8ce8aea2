import { Module } from '@nestjs/common';
import { DataModule } from '../data/data.module.js';
import { MetadataModule } from '../metadata/metadata.module.js';
import { MeasurementsController } from './measurements.controller.js';
import { SensorWrites } from './sensor-writes.service.js';

@Module({
  imports: [DataModule, MetadataModule],
  controllers: [MeasurementsController],
  providers: [SensorWrites],
})
export class SensorsModule {}
