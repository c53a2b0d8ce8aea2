import { Module } from '@nestjs/common';
import { DataModule } from '../data/data.module.js';
import { AnnotationsController } from './annotations.controller.js';
import { AnnotationsService } from './annotations.service.js';

@Module({ imports: [DataModule], controllers: [AnnotationsController], providers: [AnnotationsService] })
export class AnnotationsModule {}
