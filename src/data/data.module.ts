import { Module } from '@nestjs/common';
import { DataController } from './data.controller.js';
import { ReadService } from './read.service.js';
import { WriteService } from './write.service.js';

@Module({ controllers: [DataController], providers: [WriteService, ReadService] })
export class DataModule {}
