import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { JobsService } from './jobs.service.js';
import { LunaController } from './luna.controller.js';
import { UploadsService } from './uploads.service.js';

@Module({
  imports: [SessionsModule],
  controllers: [LunaController],
  providers: [JobsService, UploadsService],
})
export class LunaModule {}
