import { Controller, Delete, Param, UseGuards } from '@nestjs/common';
import { Caller } from '../auth/caller.js';
import { Operation } from '../http/operation.js';
import { By, FromQuery } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type Span } from '../storage/removal/delete-store.js';
import { DELETE_EVENT_TYPE, DELETE_METADATA, DELETE_POINTS } from './deletion.docs.js';
import { type DeletionObject } from './deletion.dto.js';
import { DeletionService } from './deletion.service.js';
import { onlyParameters } from '../http/only-parameters.guard.js';
import { parseSpan, SPAN_PARAMETERS } from './parse-span.js';

/** Deleting; summaries follow what is deleted. */
@Controller('archive/:metadataKey')
export class DeletionController {
  constructor(private readonly deletion: DeletionService) {}

  @Delete()
  @Rules({ access: 'admin' })
  @Operation(DELETE_METADATA)
  @UseGuards(onlyParameters())
  async metadata(@Param('metadataKey') key: string, @By() caller: Caller): Promise<DeletionObject> {
    return { deleted: await this.deletion.metadata(key, caller) };
  }

  @Delete(':eventType')
  @Rules({ access: 'admin' })
  @Operation(DELETE_EVENT_TYPE)
  @UseGuards(onlyParameters())
  async eventType(
    @Param('metadataKey') key: string,
    @Param('eventType') eventType: string,
    @By() caller: Caller,
  ): Promise<DeletionObject> {
    return { deleted: await this.deletion.eventType(key, eventType, caller) };
  }

  @Delete(':eventType/base')
  @Rules({ access: 'admin' })
  @Operation(DELETE_POINTS)
  @UseGuards(onlyParameters(SPAN_PARAMETERS))
  async points(
    @Param('metadataKey') key: string,
    @Param('eventType') eventType: string,
    @FromQuery(parseSpan) span: Span,
    @By() caller: Caller,
  ): Promise<DeletionObject> {
    return { deleted: await this.deletion.points(key, eventType, span, caller) };
  }
}
