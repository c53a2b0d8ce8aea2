import { Module } from '@nestjs/common';
import { DataModule } from '../data/data.module.js';
import { MetadataModule } from '../metadata/metadata.module.js';
import { SummariesModule } from '../summaries/summaries.module.js';
import { CompareController } from './compare/compare.controller.js';
import { CompareService } from './compare/compare.service.js';
import { IdleSessionsJob } from './idle-sessions.job.js';
import { PointsController } from './points/points.controller.js';
import { StreamReads } from './points/stream-reads.service.js';
import { StreamWrites } from './points/stream-writes.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { StreamsController } from './streams.controller.js';
import { StreamsService } from './streams.service.js';
import { StreamSummariesController } from './summaries/stream-summaries.controller.js';
import { StreamSummaries } from './summaries/stream-summaries.service.js';

@Module({
  imports: [DataModule, MetadataModule, SummariesModule],
  controllers: [SessionsController, StreamsController, PointsController, StreamSummariesController, CompareController],
  exports: [SessionsService, StreamsService],
  providers: [
    IdleSessionsJob,
    SessionsService,
    StreamsService,
    StreamReads,
    StreamWrites,
    StreamSummaries,
    CompareService,
  ],
})
export class SessionsModule {}
