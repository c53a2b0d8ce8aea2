import { Module } from '@nestjs/common';
import { PackingJob } from './packing.job.js';
import { PackingService } from './packing.service.js';

@Module({ providers: [PackingJob, PackingService], exports: [PackingJob, PackingService] })
export class PackingModule {}
