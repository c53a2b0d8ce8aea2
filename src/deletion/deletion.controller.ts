import { Controller, Delete, Param } from '@nestjs/common';
import { Caller } from '../auth/caller.js';
import { type Query } from '../common/time-range.js';
import { By, WireQuery } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type Deleted } from '../storage/delete-store.js';
import { DeletionService } from './deletion.service.js';

/** What a DELETE answers. */
interface DeletedObject {
  deleted: Deleted;
}

/** Deleting; summaries follow what is deleted. */
@Controller('archive/:key')
export class DeletionController {
  constructor(private readonly deletion: DeletionService) {}

  @Delete()
  @Rules({ access: 'admin' })
  async metadata(@Param('key') key: string, @WireQuery() query: Query, @By() caller: Caller): Promise<DeletedObject> {
    return { deleted: await this.deletion.metadata(key, query, caller) };
  }

  @Delete(':eventType')
  @Rules({ access: 'admin' })
  async eventType(
    @Param('key') key: string,
    @Param('eventType') eventType: string,
    @WireQuery() query: Query,
    @By() caller: Caller,
  ): Promise<DeletedObject> {
    return { deleted: await this.deletion.eventType(key, eventType, query, caller) };
  }

  @Delete(':eventType/base')
  @Rules({ access: 'admin' })
  async points(
    @Param('key') key: string,
    @Param('eventType') eventType: string,
    @WireQuery() query: Query,
    @By() caller: Caller,
  ): Promise<DeletedObject> {
    return { deleted: await this.deletion.points(key, eventType, query, caller) };
  }
}
