import { Module } from '@nestjs/common';
import { DataModule } from '../data/data.module.js';
import { MetadataModule } from '../metadata/metadata.module.js';
import { PointsController } from './points/points.controller.js';
import { StreamReads } from './points/stream-reads.service.js';
import { StreamWrites } from './points/stream-writes.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { StreamsController } from './streams.controller.js';
import { StreamsService } from './streams.service.js';

@Module({
  imports: [DataModule, MetadataModule],
  controllers: [SessionsController, StreamsController, PointsController],
  providers: [SessionsService, StreamsService, StreamReads, StreamWrites],
})
export class SessionsModule {}
