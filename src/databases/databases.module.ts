import { Module } from '@nestjs/common';
import { MetadataModule } from '../metadata/metadata.module.js';
import { DatabasesController } from './databases.controller.js';
import { DatabasesService } from './databases.service.js';
import { FieldsController } from './fields.controller.js';

@Module({
  imports: [MetadataModule],
  controllers: [DatabasesController, FieldsController],
  providers: [DatabasesService],
})
export class DatabasesModule {}
