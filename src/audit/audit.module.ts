import { Global, Module } from '@nestjs/common';
import { AuditJob } from './audit.job.js';
import { UsageCounters } from './usage-counters.js';

@Global()
@Module({ providers: [AuditJob, UsageCounters], exports: [AuditJob, UsageCounters] })
export class AuditModule {}
