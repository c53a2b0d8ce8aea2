import { Module } from '@nestjs/common';
import { MetadataModule } from '../metadata/metadata.module.js';
import { SearchModule } from '../search/search.module.js';
import { LatestController } from './latest.controller.js';
import { LatestService } from './latest.service.js';
import { LatestView } from './latest-view.js';

@Module({
  imports: [MetadataModule, SearchModule],
  controllers: [LatestController],
  providers: [LatestService, LatestView],
})
export class LatestModule {}
