import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Res, UseGuards } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { IdempotencyKey, type RequestKey } from '../http/idempotency-key.js';
import { onlyParameters } from '../http/only-parameters.guard.js';
import { Operation } from '../http/operation.js';
import { pageLinks, setLink } from '../http/page-links.js';
import { Address, By, FromQuery, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type EndStatus, type StoredSession } from '../storage/sessions/session-store.js';
import { gapsOfStreams } from './gaps.js';
import { IdPipe } from './id.pipe.js';
import { MetaBody } from './meta-body.js';
import {
  CLOSE_SESSION,
  DELETE_SESSION,
  GET_SESSION,
  INTERRUPT_SESSION,
  LIST_SESSIONS,
  PATCH_SESSION,
  POST_SESSION,
  PUT_SESSION,
  REOPEN_SESSION,
} from './session.docs.js';
import { MetaChangesObject, NewSessionObject, type SessionDeletionObject, SessionEndObject } from './session.dto.js';
import { parseSessionQuery, type SessionQuery } from './session-query.js';
import { sessionText, sessionUrl, type ViewOptions, viewOf } from './session-view.js';
import { SessionsService } from './sessions.service.js';

/** Data sessions. Answers are JSON texts, because the numbers of a `meta` stay as they are. */
@Controller('sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_SESSIONS)
  async list(
    @FromQuery(parseSessionQuery) query: SessionQuery,
    @Address() address: RequestAddress,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const view = viewOf(address);
    const { rows, more } = await this.sessions.list(query);
    setLink(reply, pageLinks(address, query.page, more));
    return `[${rows.map((session) => sessionText(session, view)).join(',')}]`;
  }

  /** Answers 201 for a new session, 200 for a known one. */
  @Put(':session')
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(PUT_SESSION)
  async put(
    @Param('session', IdPipe) id: string,
    @Body(MetaBody) body: NewSessionObject,
    @Address() address: RequestAddress,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const view = viewOf(address);
    return created(await this.sessions.create(id, body, caller), view, reply);
  }

  /** The same with an id that the archive chooses. */
  @Post()
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(POST_SESSION)
  async post(
    @Body(MetaBody) body: NewSessionObject,
    @Address() address: RequestAddress,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const view = viewOf(address);
    return created(await this.sessions.createUnnamed(body, caller, requestKey), view, reply);
  }

  @Get(':session')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_SESSION)
  async find(@Param('session') id: string, @Address() address: RequestAddress): Promise<string> {
    const view = viewOf(address);
    return sessionText(await this.sessions.find(id), view);
  }

  @Patch(':session')
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(PATCH_SESSION)
  async update(
    @Param('session') id: string,
    @Body(MetaBody) body: MetaChangesObject,
    @Address() address: RequestAddress,
    @By() caller: Caller,
  ): Promise<string> {
    const view = viewOf(address);
    return sessionText(await this.sessions.update(id, body, caller), view);
  }

  /** The body may be absent, so its content type is not looked at. */
  @Post(':session/close')
  @HttpCode(200)
  @Rules({ access: 'write' })
  @Operation(CLOSE_SESSION)
  close(
    @Param('session') id: string,
    @Body(MetaBody) body: SessionEndObject,
    @Address() address: RequestAddress,
    @By() caller: Caller,
  ): Promise<string> {
    return this.end(id, 'closed', body, address, caller);
  }

  @Post(':session/interrupt')
  @HttpCode(200)
  @Rules({ access: 'write' })
  @Operation(INTERRUPT_SESSION)
  interrupt(
    @Param('session') id: string,
    @Body(MetaBody) body: SessionEndObject,
    @Address() address: RequestAddress,
    @By() caller: Caller,
  ): Promise<string> {
    return this.end(id, 'interrupted', body, address, caller);
  }

  @Post(':session/reopen')
  @HttpCode(200)
  @Rules({ access: 'write' })
  @Operation(REOPEN_SESSION)
  async reopen(
    @Param('session') id: string,
    @Address() address: RequestAddress,
    @By() caller: Caller,
  ): Promise<string> {
    const view = viewOf(address);
    return sessionText(await this.sessions.reopen(id, caller), view);
  }

  @Delete(':session')
  @Rules({ access: 'admin' })
  @Operation(DELETE_SESSION)
  @UseGuards(onlyParameters())
  async remove(@Param('session') id: string, @By() caller: Caller): Promise<SessionDeletionObject> {
    return { deleted: await this.sessions.remove(id, caller) };
  }

  private async end(
    id: string,
    status: EndStatus,
    body: SessionEndObject,
    address: RequestAddress,
    caller: Caller,
  ): Promise<string> {
    const view = viewOf(address);
    const { session, incomplete } = await this.sessions.end(id, status, body, caller);
    return sessionText(session, view, { gaps: gapsOfStreams(incomplete) });
  }
}

function created(
  { session, isNew }: { readonly session: StoredSession; readonly isNew: boolean },
  view: ViewOptions,
  reply: FastifyReply,
): string {
  void reply.status(isNew ? 201 : 200).header('location', sessionUrl(view, session.id));
  return sessionText(session, view);
}
