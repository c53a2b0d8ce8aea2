import { Body, Controller, Get, Header, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Caller } from '../auth/caller.js';
import { type Query } from '../common/time-range.js';
import { FormBody } from '../http/form-body.js';
import { By, FromQuery } from '../http/request.js';
import { Rules, type RouteRules } from '../http/route-rules.js';
import { numberOf } from './form.js';
import { hold } from './hold.js';
import { JobsService } from './jobs.service.js';
import { type TableName, tableOf } from './tables.js';
import { UploadsService } from './uploads.service.js';

/** Clients give up at any refusal, so those for now are held. */
const DOOR: RouteRules = { access: 'write', credentials: ['basic'], holdsRefusals: true };

const jobIn = ({ job }: Query): number => numberOf('job', job);
const tagIn = ({ tag }: Query): number => numberOf('tag', tag);
const durationIn = ({ duration }: Query): number | undefined =>
  /^-?\d{1,16}$/.test(duration ?? '') ? Number(duration) : undefined;

/**
 * The door for clients of Luna, such as netort and yandex-tank. It is theirs to the byte, so it is no part of the
 * reference: docs/luna.md describes it. Times are in micros.
 */
@ApiExcludeController()
@Controller()
export class LunaController {
  constructor(
    private readonly jobs: JobsService,
    private readonly uploads: UploadsService,
  ) {}

  /** Answers the number of the job. */
  @Post('create_job')
  @HttpCode(200)
  @Header('content-type', 'text/plain')
  @Rules(DOOR)
  createJob(
    @Body(FormBody) form: ReadonlyMap<string, string>,
    @Headers('user-agent') userAgent: string | undefined,
    @By() caller: Caller,
  ): Promise<string> {
    return hold(async () => String(await this.jobs.create(form, userAgent, caller)));
  }

  @Post('update_job')
  @HttpCode(200)
  @Rules(DOOR)
  updateJob(@FromQuery(jobIn) job: number, @Body() body: Buffer | undefined, @By() caller: Caller): Promise<void> {
    return hold(() => this.jobs.update(job, body, caller));
  }

  @Get('close_job')
  @Rules(DOOR)
  closeJob(
    @FromQuery(jobIn) job: number,
    @FromQuery(durationIn) duration: number | undefined,
    @By() caller: Caller,
  ): Promise<void> {
    return hold(() => this.jobs.close(job, duration, caller));
  }

  /** Answers the number of the metric. */
  @Post('create_metric')
  @HttpCode(200)
  @Header('content-type', 'text/plain')
  @Rules(DOOR)
  createMetric(@Body() body: Buffer | undefined, @By() caller: Caller): Promise<string> {
    return hold(async () => String(await this.jobs.createMetric(body, caller)));
  }

  @Post('update_metric')
  @HttpCode(200)
  @Rules(DOOR)
  updateMetric(
    @FromQuery(tagIn) tag: number,
    @Body(FormBody) form: ReadonlyMap<string, string>,
    @By() caller: Caller,
  ): Promise<void> {
    return hold(() => this.jobs.updateMetric(tag, form, caller));
  }

  @Post('upload_metric')
  @HttpCode(200)
  @Rules(DOOR)
  upload(
    @FromQuery(({ query }) => tableOf(query)) table: TableName,
    @Body() body: Buffer | undefined,
    @By() caller: Caller,
  ): Promise<void> {
    return this.uploads.store(table, body ?? Buffer.alloc(0), caller);
  }
}
