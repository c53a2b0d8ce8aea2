import { Global, Module } from '@nestjs/common';
import { AuditJob } from './audit.job.js';
import { Tallies } from './tallies.js';

@Global()
@Module({ providers: [AuditJob, Tallies], exports: [AuditJob, Tallies] })
export class AuditModule {}
