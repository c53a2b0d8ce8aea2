import { Controller, Delete, Param } from '@nestjs/common';
import { Caller } from '../auth/caller.js';
import { type Query } from '../common/time-range.js';
import { Operation } from '../http/operation.js';
import { By, WireQuery } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { DELETE_EVENT_TYPE, DELETE_METADATA, DELETE_POINTS } from './deletion.docs.js';
import { type DeletionObject } from './deletion.dto.js';
import { DeletionService } from './deletion.service.js';

/** Deleting; summaries follow what is deleted. */
@Controller('archive/:metadataKey')
export class DeletionController {
  constructor(private readonly deletion: DeletionService) {}

  @Delete()
  @Rules({ access: 'admin' })
  @Operation(DELETE_METADATA)
  async metadata(
    @Param('metadataKey') key: string,
    @WireQuery() query: Query,
    @By() caller: Caller,
  ): Promise<DeletionObject> {
    return { deleted: await this.deletion.metadata(key, query, caller) };
  }

  @Delete(':eventType')
  @Rules({ access: 'admin' })
  @Operation(DELETE_EVENT_TYPE)
  async eventType(
    @Param('metadataKey') key: string,
    @Param('eventType') eventType: string,
    @WireQuery() query: Query,
    @By() caller: Caller,
  ): Promise<DeletionObject> {
    return { deleted: await this.deletion.eventType(key, eventType, query, caller) };
  }

  @Delete(':eventType/base')
  @Rules({ access: 'admin' })
  @Operation(DELETE_POINTS)
  async points(
    @Param('metadataKey') key: string,
    @Param('eventType') eventType: string,
    @WireQuery() query: Query,
    @By() caller: Caller,
  ): Promise<DeletionObject> {
    return { deleted: await this.deletion.points(key, eventType, query, caller) };
  }
}
