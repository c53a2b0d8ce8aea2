import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Res, UseGuards } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Caller } from '../auth/caller.js';
import { JsonBody } from '../http/json-body.js';
import { onlyParameters } from '../http/only-parameters.guard.js';
import { Operation } from '../http/operation.js';
import { Address, By, type RequestAddress } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { NewRehearsalObject, type RehearsalObject } from './rehearsal/rehearsal.dto.js';
import { RehearsalService } from './rehearsal/rehearsal.service.js';
import {
  DELETE_RULE,
  GET_RULE,
  LIST_RULE_STATES,
  LIST_RULES,
  POST_RULE,
  PUT_RULE,
  REHEARSE_RULE,
} from './rule.docs.js';
import { NewRuleObject, type RuleObject, type RuleStateObject } from './rule.dto.js';
import { RulesService } from './rules.service.js';

/** Rules on the values of series. In paths, a rule is named by its id or its name. */
@Controller('rules')
export class RulesController {
  constructor(
    private readonly rules: RulesService,
    private readonly rehearsals: RehearsalService,
  ) {}

  @Get()
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_RULES)
  list(): Promise<RuleObject[]> {
    return this.rules.list();
  }

  @Post()
  @Rules({ access: 'admin', contentTypeRefusal: 415 })
  @Operation(POST_RULE)
  async create(
    @Body(JsonBody) body: NewRuleObject,
    @Address() { origin, path }: RequestAddress,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleObject> {
    const rule = await this.rules.create(body, caller);
    void reply.header('location', `${origin}${path.replace(/\/$/, '')}/${rule.id}`);
    return rule;
  }

  /** A POST, since a rule is too long for a URL; it changes nothing. */
  @Post('rehearsal')
  @HttpCode(200)
  @Rules({ access: 'read', contentTypeRefusal: 415 })
  @Operation(REHEARSE_RULE)
  rehearse(
    @Body(JsonBody) body: NewRehearsalObject,
    @Res({ passthrough: true }) { raw }: FastifyReply,
  ): Promise<RehearsalObject> {
    return this.rehearsals.run(body, () => raw.destroyed);
  }

  @Get(':rule')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_RULE)
  find(@Param('rule') rule: string): Promise<RuleObject> {
    return this.rules.find(rule);
  }

  @Get(':rule/states')
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_RULE_STATES)
  states(@Param('rule') rule: string): Promise<RuleStateObject[]> {
    return this.rules.states(rule);
  }

  @Put(':rule')
  @Rules({ access: 'admin', contentTypeRefusal: 415 })
  @Operation(PUT_RULE)
  replace(@Param('rule') rule: string, @Body(JsonBody) body: NewRuleObject, @By() caller: Caller): Promise<RuleObject> {
    return this.rules.replace(rule, body, caller);
  }

  @Delete(':rule')
  @Rules({ access: 'admin' })
  @Operation(DELETE_RULE)
  @UseGuards(onlyParameters())
  remove(@Param('rule') rule: string, @By() caller: Caller): Promise<RuleObject> {
    return this.rules.remove(rule, caller);
  }
}
