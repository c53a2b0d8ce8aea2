import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { programVersion } from '../common/program-version.js';

/** Every metric of the server, declared once; `/metrics` shows them in the text format of Prometheus. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'marigram_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer; its count is the number of requests.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  /** Counts the requests in flight when metrics are read, so that no request has to set a gauge. */
  countRequests = (): number => 0;

  readonly requestsInFlight = new Gauge({
    name: 'marigram_http_requests_in_flight',
    help: 'Requests that are being worked on; beyond MAX_REQUESTS they are refused.',
    registers: [this.registry],
    collect: () => {
      this.requestsInFlight.set(this.countRequests());
    },
  });

  readonly pointsWritten = new Counter({
    name: 'marigram_points_written_total',
    help: 'Points inserted or replaced.',
    registers: [this.registry],
  });

  readonly pointsOverwritten = new Counter({
    name: 'marigram_points_overwritten_total',
    help: 'Points of lines, and documents, that replaced another value at their place.',
    registers: [this.registry],
  });

  readonly pointsConflicting = new Counter({
    name: 'marigram_points_conflicting_total',
    help: 'Points not stored because a point was there already.',
    registers: [this.registry],
  });

  readonly pointsUnregistered = new Counter({
    name: 'marigram_points_unregistered_total',
    help: 'Points accepted and dropped because their metadata does not list their event type.',
    registers: [this.registry],
  });

  readonly pointsExpired = new Counter({
    name: 'marigram_points_expired_total',
    help: 'Points accepted and dropped because they are older than what retention has left of their series.',
    registers: [this.registry],
  });

  readonly pointsBefore1990 = new Counter({
    name: 'marigram_points_before_1990_total',
    help: 'Points of lines that were stored before 1990: probably their times are in another unit than the request said.',
    registers: [this.registry],
  });

  readonly linesDropped = new Counter({
    name: 'marigram_lines_dropped_total',
    help: 'Lines of the line protocol that were not stored, by reason; the answer names them.',
    labelNames: ['reason'],
    registers: [this.registry],
  });

  readonly sensorMembersIgnored = new Counter({
    name: 'marigram_sensor_members_ignored_total',
    help: 'Members of stored JSON objects of sensors that name no event type of theirs.',
    registers: [this.registry],
  });

  readonly lunaDeferred = new Counter({
    name: 'marigram_luna_deferred_total',
    help: 'Requests at the Luna door that could not be served yet: their connections were closed after 4 seconds.',
    registers: [this.registry],
  });

  readonly storedPoints = new Gauge({
    name: 'marigram_stored_points',
    help: 'Stored points, as rows (loose; an estimate) and in segments (packed), when the last packing ended.',
    labelNames: ['form'],
    registers: [this.registry],
  });

  readonly storedPointsBytes = new Gauge({
    name: 'marigram_stored_points_bytes',
    help: 'The disk space that they take, with indexes.',
    labelNames: ['form'],
    registers: [this.registry],
  });

  readonly batches = new Counter({
    name: 'marigram_write_batches_total',
    help: 'Transactions of the write queue that were committed.',
    registers: [this.registry],
  });

  readonly queuedPoints = new Gauge({
    name: 'marigram_write_queue_points',
    help: 'Points that wait in the write queue.',
    registers: [this.registry],
  });

  readonly connections = new Gauge({
    name: 'marigram_database_connections',
    help: 'Connections of the pool by state, and requests that wait for one.',
    labelNames: ['state'],
    registers: [this.registry],
  });

  readonly replicaUsed = new Gauge({
    name: 'marigram_replica_used',
    help: 'Whether the replica answers the reads (1), or the primary in its place (0).',
    labelNames: ['replica'],
    registers: [this.registry],
  });

  readonly replicaLag = new Gauge({
    name: 'marigram_replica_lag_seconds',
    help: 'How far the replica is behind the primary.',
    labelNames: ['replica'],
    registers: [this.registry],
  });

  readonly replicaFailures = new Counter({
    name: 'marigram_replica_failures_total',
    help: 'Reads that the replica failed and the primary answered.',
    labelNames: ['replica'],
    registers: [this.registry],
  });

  readonly jobRuns = new Counter({
    name: 'marigram_job_runs_total',
    help: 'Runs of background jobs by result: done, failed, or skipped because another process runs the job.',
    labelNames: ['job', 'result'],
    registers: [this.registry],
  });

  constructor() {
    new Gauge({
      name: 'marigram_build_info',
      help: 'Always 1; its label is the version of Marigram.',
      labelNames: ['version'],
      registers: [this.registry],
    }).set({ version: programVersion() }, 1);
    collectDefaultMetrics({ register: this.registry });
  }
}
