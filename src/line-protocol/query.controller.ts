import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { Authenticator } from '../auth/authenticator.js';
import { Invalid } from '../common/errors.js';
import { type Query } from '../common/time-range.js';
import { FormBody } from '../http/form-body.js';
import { FromQuery } from '../http/request.js';
import { Rules, type RouteRules } from '../http/route-rules.js';
import { CREDENTIALS, influxHeaders } from './identity.js';
import { QueryService } from './query/query.service.js';
import { parseStatements } from './query/statements.js';
import { refusalsOfV1 } from './refusals.js';

/** Statements that write ask for more. */
const DOOR: RouteRules = { access: 'read', credentials: CREDENTIALS, refusals: refusalsOfV1, headers: influxHeaders };

const all = (query: Query): Query => query;

/** Statements in InfluxDB's language: those that its clients send before they write. */
@ApiExcludeController()
@Controller('query')
export class QueryController {
  constructor(
    private readonly queries: QueryService,
    private readonly authenticator: Authenticator,
  ) {}

  @Get()
  @Rules(DOOR)
  get(@FromQuery(all) query: Query, @Req() request: FastifyRequest): Promise<string> {
    return this.answer(query, request);
  }

  /** Parameters in the form win. */
  @Post()
  @HttpCode(200)
  @Rules(DOOR)
  post(
    @FromQuery(all) query: Query,
    @Body(FormBody) form: ReadonlyMap<string, string>,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    return this.answer({ ...query, ...Object.fromEntries(form) }, request);
  }

  private async answer({ q, db = '', pretty }: Query, request: FastifyRequest): Promise<string> {
    if (!q) throw new Invalid('missing required parameter "q"');
    const answers = await this.queries.run(parseStatements(q, db), {
      writer: () => this.authenticator.require(request, 'write'),
      isPosted: request.method === 'POST',
    });
    const results = answers.map((answer, statement_id) => ({ statement_id, ...answer }));
    return JSON.stringify({ results }, null, pretty === 'true' ? 4 : undefined);
  }
}
