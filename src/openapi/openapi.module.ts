import { Module } from '@nestjs/common';
import { OpenApiController } from './openapi.controller.js';
import { Reference } from './reference.js';

@Module({ controllers: [OpenApiController], providers: [Reference] })
export class OpenApiModule {}
