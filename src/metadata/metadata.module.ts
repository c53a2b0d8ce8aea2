import { Module } from '@nestjs/common';
import { MetadataController } from './metadata.controller.js';
import { MetadataService } from './metadata.service.js';
import { MetadataView } from './metadata-view.js';

@Module({ controllers: [MetadataController], providers: [MetadataService, MetadataView], exports: [MetadataView] })
export class MetadataModule {}
