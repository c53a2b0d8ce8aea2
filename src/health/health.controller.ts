import { Controller, Get, Header } from '@nestjs/common';
import { programVersion } from '../common/program-version.js';
import { Operation } from '../http/operation.js';
import { Rules } from '../http/route-rules.js';
import { Metrics } from '../metrics/metrics.js';
import { Database } from '../postgres/database.js';
import { Replica } from '../postgres/replica.js';
import { GET_LIVENESS, GET_METRICS, GET_READINESS } from './health.docs.js';
import { type HealthObject } from './health.dto.js';

const WELL: HealthObject = { status: 'ok', version: programVersion() };

/** Whether the server is alive, whether it can answer, and how it does. */
@Controller()
export class HealthController {
  constructor(
    private readonly db: Database,
    private readonly replica: Replica,
    private readonly metrics: Metrics,
  ) {}

  /** Alive: the process answers. Says nothing of the database, since a restart would not bring that back. */
  @Get('health/live')
  @Operation(GET_LIVENESS)
  live(): HealthObject {
    return WELL;
  }

  /** Ready: the database answers too, with what there is to say of a replica. 503 with the reason when it does not. */
  @Get('health/ready')
  @Operation(GET_READINESS)
  async ready(): Promise<HealthObject> {
    await this.db.ping();
    const { state } = this.replica;
    return { ...WELL, ...(state !== undefined && { replica: state }) };
  }

  /** The metrics tell of routes and rates, so that they are closed where reads are. */
  @Get('metrics')
  @Rules({ access: 'read' })
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Operation(GET_METRICS)
  show(): Promise<string> {
    const { total, idle, waiting } = this.db.usage();
    this.metrics.connections.set({ state: 'busy' }, total - idle);
    this.metrics.connections.set({ state: 'idle' }, idle);
    this.metrics.connections.set({ state: 'waiting' }, waiting);
    return this.metrics.registry.metrics();
  }
}
