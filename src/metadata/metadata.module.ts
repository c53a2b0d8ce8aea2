import { Module } from '@nestjs/common';
import { BackFillJob } from './back-fill.job.js';
import { MetadataController } from './metadata.controller.js';
import { MetadataService } from './metadata.service.js';
import { MetadataView } from './metadata-view.js';

@Module({
  controllers: [MetadataController],
  providers: [BackFillJob, MetadataService, MetadataView],
  exports: [BackFillJob, MetadataService, MetadataView],
})
export class MetadataModule {}
