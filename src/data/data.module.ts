import { Module } from '@nestjs/common';
import { DataController } from './data.controller.js';
import { IdempotencyJob } from './idempotency.job.js';
import { IdempotentWrites } from './idempotent-writes.js';
import { ReadService } from './read.service.js';
import { WriteService } from './write.service.js';

@Module({
  controllers: [DataController],
  providers: [WriteService, IdempotentWrites, IdempotencyJob, ReadService],
  exports: [IdempotentWrites, WriteService],
})
export class DataModule {}
