import { Controller, Get, Header } from '@nestjs/common';
import { programVersion } from '../common/program-version.js';
import { Operation } from '../http/operation.js';
import { Rules } from '../http/route-rules.js';
import { Metrics } from '../metrics/metrics.js';
import { Database } from '../postgres/database.js';
import { Replica } from '../postgres/replica.js';
import { GET_LIVENESS, GET_METRICS, GET_READINESS } from './health.docs.js';
import { type HealthObject } from './health.dto.js';

const WELL = { status: 'ok', version: programVersion() } as const satisfies HealthObject;

/** Liveness, readiness and metrics. */
@Controller()
export class HealthController {
  constructor(
    private readonly db: Database,
    private readonly replica: Replica,
    private readonly metrics: Metrics,
  ) {}

  /** Alive: the process answers. Does not depend on the database, which a restart would not bring back. */
  @Get('health/live')
  @Operation(GET_LIVENESS)
  live(): HealthObject {
    return WELL;
  }

  /** Ready: the database answers, too; reports the state of a replica. 503 with the reason when it does not. */
  @Get('health/ready')
  @Operation(GET_READINESS)
  async ready(): Promise<HealthObject> {
    await this.db.ping();
    const { state } = this.replica;
    return { ...WELL, ...(state !== undefined && { replica: state }) };
  }

  /** Metrics reveal routes and rates, so they need a key where reads do. */
  @Get('metrics')
  @Rules({ access: 'read' })
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Operation(GET_METRICS)
  show(): Promise<string> {
    const { total, idle, waiting } = this.db.usage();
    this.metrics.connections.set({ state: 'busy' }, total - idle);
    this.metrics.connections.set({ state: 'idle' }, idle);
    this.metrics.connections.set({ state: 'waiting' }, waiting);
    this.showReplica();
    return this.metrics.registry.metrics();
  }

  private showReplica(): void {
    const { status } = this.replica;
    if (!status) return;
    const labels = { replica: status.place };
    this.metrics.replicaUsed.set(labels, status.isUsed ? 1 : 0);
    this.metrics.replicaLag.set(labels, status.lagSeconds);
    this.metrics.replicaFailures.reset();
    this.metrics.replicaFailures.inc(labels, status.failures);
  }
}
