import { Module } from '@nestjs/common';
import { RehearsalService } from './rehearsal/rehearsal.service.js';
import { RulesController } from './rules.controller.js';
import { RulesService } from './rules.service.js';

@Module({ controllers: [RulesController], providers: [RulesService, RehearsalService] })
export class RulesModule {}
