import { Module } from '@nestjs/common';
import { DeclaredTypesController } from './declared-types.controller.js';
import { DeclaredTypesService } from './declared-types.service.js';

@Module({ controllers: [DeclaredTypesController], providers: [DeclaredTypesService] })
export class DeclaredTypesModule {}
