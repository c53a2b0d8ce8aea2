import { Body, Controller, Delete, Get, Param, Put, Res, UseGuards } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { type Page, parsePage } from '../common/page.js';
import { secondsOf } from '../common/time.js';
import { type DeletionObject } from '../deletion/deletion.dto.js';
import { JsonBody } from '../http/json-body.js';
import { onlyParameters } from '../http/only-parameters.guard.js';
import { Operation } from '../http/operation.js';
import { pageLinks, setLink } from '../http/page-links.js';
import { Address, By, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type StoredDatabase } from '../storage/databases/database-store.js';
import { type SummaryRegistration } from '../storage/registry/metadata-store.js';
import { DELETE_DATABASE, GET_DATABASE, LIST_DATABASES, PUT_DATABASE } from './databases.docs.js';
import {
  type DatabaseContentObject,
  type DatabaseObject,
  DatabaseSettingsObject,
  type DatabaseSummaryObject,
} from './databases.dto.js';
import { DatabasesService } from './databases.service.js';

/** The databases of the line protocol. */
@Controller('databases')
export class DatabasesController {
  constructor(private readonly databases: DatabasesService) {}

  @Get()
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_DATABASES)
  async list(
    @FromQuery(parsePage) page: Page,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DatabaseObject[]> {
    const { rows, more } = await this.databases.list(page);
    setLink(reply, pageLinks(address, page, more));
    return rows.map(toWire);
  }

  @Get(':database')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_DATABASE)
  async find(@Param('database') name: string): Promise<DatabaseContentObject> {
    const { summaries, series, points, first, last } = await this.databases.find(name);
    return {
      ...{ name, summaries: summaries.map(summaryToWire) },
      ...{ series, points, first: secondsOf(first), last: secondsOf(last) },
    };
  }

  /** Answers 201 for a new database, 200 for a known one. */
  @Put(':database')
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(PUT_DATABASE)
  async put(
    @Param('database') name: string,
    @Body(JsonBody) { summaries }: DatabaseSettingsObject,
    @Address() { origin, path }: RequestAddress,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DatabaseObject> {
    const { database, isNew } = await this.databases.put(name, summaries, caller);
    void reply.status(isNew ? 201 : 200).header('location', `${origin}${path}`);
    return toWire(database);
  }

  @Delete(':database')
  @Rules({ access: 'admin' })
  @Operation(DELETE_DATABASE)
  @UseGuards(onlyParameters())
  async remove(@Param('database') name: string, @By() caller: Caller): Promise<DeletionObject> {
    return { deleted: await this.databases.remove(name, caller) };
  }
}

function toWire({ name, summaries }: StoredDatabase): DatabaseObject {
  return { name, summaries: summaries.map(summaryToWire) };
}

function summaryToWire({ type, window }: SummaryRegistration): DatabaseSummaryObject {
  return { 'summary-type': type, 'summary-window': window };
}
