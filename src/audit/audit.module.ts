import { Global, Module } from '@nestjs/common';
import { AuditJob } from './audit.job.js';
import { UsageCounters } from './usage-counters.js';
import { UsageJob } from './usage.job.js';

@Global()
@Module({ providers: [AuditJob, UsageCounters, UsageJob], exports: [AuditJob, UsageCounters, UsageJob] })
export class AuditModule {}
