import { Injectable, Logger } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { WriteLimits } from '../auth/write-limits.js';
import { NotFound, StateConflict } from '../common/errors.js';
import { MAX_JOB_BYTES, Meta } from '../sessions/meta.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { StreamsService } from '../sessions/streams.service.js';
import { subjectOfSession } from '../storage/registry/subject-store.js';
import { type ChangeableSession, SessionStore, type StoredSession } from '../storage/sessions/session-store.js';
import { type NumberedStream, StreamStore } from '../storage/sessions/stream-store.js';
import { jobChangesOf, jobStem, metricChangesOf, newJobOf } from './new-job.js';
import { postedMetricOf } from './posted-metric.js';

/** A job that is asked for again so soon is the same one: the client has not got the answer. */
const REPEATED_WITHIN_SECONDS = 60;

/** Jobs and metrics, as clients of Luna call sessions and streams. They know both by their numbers. */
@Injectable()
export class JobsService {
  private readonly logger = new Logger(JobsService.name);

  constructor(
    private readonly sessions: SessionsService,
    private readonly sessionStore: SessionStore,
    private readonly streams: StreamsService,
    private readonly streamStore: StreamStore,
    private readonly limits: WriteLimits,
  ) {}

  /**
   * Creates a job, or finds the one that the same request created within the last minute. Throws `Invalid`, naming the
   * field, and `Forbidden` where the caller is limited to other sessions.
   * @returns its number.
   */
  async create(form: ReadonlyMap<string, string>, userAgent: string | undefined, by: Caller): Promise<number> {
    const { name, operator, testStart, meta, lacksConfigs } = newJobOf(form, userAgent);
    const id = await this.sessionStore.repeatableId(jobStem(by, form), REPEATED_WITHIN_SECONDS);
    this.limits.check(by, subjectOfSession(id));
    const { session, isNew } = await this.sessions.create(id, { name, operator, 'test-start': testStart, meta }, by);
    if (isNew && lacksConfigs)
      this.logger.warn(`job ${session.number}: its configs are larger than 1 MiB, and not kept`);
    return session.number;
  }

  /** Changes a job: `name` is its name, the other members are merged into its meta. Throws `NotFound` and `Invalid`. */
  async update(job: number, body: Buffer | undefined, by: Caller): Promise<void> {
    const { id } = await this.job(job, by);
    const { name, meta } = jobChangesOf(body);
    const change = (stored: ChangeableSession): ChangeableSession => ({
      name: name ?? stored.name,
      meta: Meta.stored(stored.meta).merge(meta, MAX_JOB_BYTES).text,
    });
    await this.sessionStore.update(id, change, by);
  }

  /**
   * Closes a job; one that has ended already stays as it is. Throws `NotFound`.
   * @param duration in micros; where it is negative or absent, the job has ended with its last point.
   */
  async close(job: number, duration: number | undefined, by: Caller): Promise<void> {
    const { id, status, testStart } = await this.job(job, by);
    if (status !== 'open') return;
    const end = duration === undefined || duration < 0 ? {} : { 'test-end': testStart + duration };
    try {
      await this.sessions.end(id, 'closed', end, by);
    } catch (error) {
      // Another request has closed it meanwhile.
      if (!(error instanceof StateConflict)) throw error;
    }
  }

  /**
   * Registers a metric, or finds the one with its local id. Throws `NotFound` for an unknown job or parent, `Invalid`, and
   * `StateConflict` where the known one is of another kind.
   * @returns its number.
   */
  async createMetric(body: Buffer | undefined, by: Caller): Promise<number> {
    const { job, localId, parent, caseName, ...kind } = postedMetricOf(body);
    const session = await this.job(job, by);
    const above = parent === undefined ? undefined : await this.metric(parent, by);
    const wanted = { ...kind, case: caseName, parent: above?.id ?? null };
    // Clients flush late.
    const { stream } = await this.streams.register(session.id, localId, wanted, by, true);
    return stream.number;
  }

  /** Merges fields into the meta of a metric, as texts. Throws `NotFound`, and `Invalid` where it becomes too large. */
  async updateMetric(tag: number, form: ReadonlyMap<string, string>, by: Caller): Promise<void> {
    const { session, id } = await this.metric(tag, by);
    await this.streams.update(session, id, metricChangesOf(form), by);
  }

  private async job(number: number, by: Caller): Promise<StoredSession> {
    const session = await this.sessionStore.ofNumber(number);
    if (!session) throw new NotFound(`there is no job ${number}`);
    this.limits.check(by, subjectOfSession(session.id));
    return session;
  }

  private async metric(number: number, by: Caller): Promise<NumberedStream> {
    const [stream] = await this.streamStore.numbered([number]);
    if (!stream) throw new NotFound(`there is no metric with the tag ${number}`);
    this.limits.check(by, subjectOfSession(stream.session));
    return stream;
  }
}
