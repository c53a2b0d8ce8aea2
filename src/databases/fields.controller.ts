import { Body, Controller, Delete, Get, Param, Patch, Res, UseGuards } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { type Page, parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { type DeletionObject } from '../deletion/deletion.dto.js';
import { JsonBody } from '../http/json-body.js';
import { onlyParameters } from '../http/only-parameters.guard.js';
import { Operation } from '../http/operation.js';
import { pageLinks, setLink } from '../http/page-links.js';
import { Address, By, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { DatabasesService } from './databases.service.js';
import { DELETE_FIELD, GET_FIELD, LIST_FIELDS, PATCH_FIELD } from './fields.docs.js';
import { FieldChangesObject, type FieldObject } from './fields.dto.js';

/** Which fields to list. */
interface FieldQuery {
  readonly measurement: string | undefined;
  readonly page: Page;
}

function parseFieldQuery(query: Query): FieldQuery {
  return { measurement: query.measurement, page: parsePage(query) };
}

/** The fields of a database: they belong to measurements, whatever the tags. */
@Controller('databases/:database')
export class FieldsController {
  constructor(private readonly databases: DatabasesService) {}

  @Get('fields')
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_FIELDS)
  async list(
    @Param('database') database: string,
    @FromQuery(parseFieldQuery) { measurement, page }: FieldQuery,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FieldObject[]> {
    const { rows, more } = await this.databases.listFields(database, measurement, page);
    setLink(reply, pageLinks(address, page, more));
    return rows;
  }

  @Get('measurements/:measurement/fields/:field')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_FIELD)
  find(
    @Param('database') database: string,
    @Param('measurement') measurement: string,
    @Param('field') name: string,
  ): Promise<FieldObject> {
    return this.databases.findField(database, { measurement, name });
  }

  @Patch('measurements/:measurement/fields/:field')
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(PATCH_FIELD)
  update(
    @Param('database') database: string,
    @Param('measurement') measurement: string,
    @Param('field') name: string,
    @Body(JsonBody) { unit }: FieldChangesObject,
    @By() caller: Caller,
  ): Promise<FieldObject> {
    return this.databases.setUnit(database, { measurement, name }, unit, caller);
  }

  @Delete('measurements/:measurement/fields/:field')
  @Rules({ access: 'admin' })
  @Operation(DELETE_FIELD)
  @UseGuards(onlyParameters())
  async remove(
    @Param('database') database: string,
    @Param('measurement') measurement: string,
    @Param('field') name: string,
    @By() caller: Caller,
  ): Promise<DeletionObject> {
    return { deleted: await this.databases.removeField(database, { measurement, name }, caller) };
  }
}
