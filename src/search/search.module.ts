import { Module } from '@nestjs/common';
import { MetadataModule } from '../metadata/metadata.module.js';
import { HostMatch } from './host-match.js';
import { SearchController } from './search.controller.js';
import { SearchService } from './search.service.js';

@Module({
  imports: [MetadataModule],
  controllers: [SearchController],
  providers: [SearchService, HostMatch],
  exports: [SearchService],
})
export class SearchModule {}
