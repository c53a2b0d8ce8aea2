import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { WriteLimits } from '../auth/write-limits.js';
import { NotFound } from '../common/errors.js';
import { type RequestKey } from '../http/idempotency-key.js';
import { Replica } from '../postgres/replica.js';
import { subjectOfSession } from '../storage/registry/subject-store.js';
import { type DeletedSession, DeleteStore } from '../storage/removal/delete-store.js';
import {
  type EndStatus,
  SessionStore,
  type StoredSession,
  type StreamGaps,
} from '../storage/sessions/session-store.js';
import { Meta } from './meta.js';
import { microsIn } from './micros.js';
import { type MetaChangesObject, type NewSessionObject, type SessionEndObject } from './session.dto.js';
import { type SessionQuery } from './session-query.js';

/** A session that has ended, and what its streams lack. */
export interface EndedSession {
  readonly session: StoredSession;
  readonly incomplete: readonly StreamGaps[];
}

/** Creates, finds, changes and ends sessions. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly store: SessionStore,
    private readonly limits: WriteLimits,
    private readonly deletions: DeleteStore,
    private readonly replica: Replica,
  ) {}

  /** See `SessionStore.create`. */
  create(id: string, wanted: NewSessionObject, by: Caller): Promise<{ session: StoredSession; isNew: boolean }> {
    const { name, operator, meta, 'test-start': testStart } = wanted;
    return this.store.create(
      {
        ...{ id, name: name ?? '', operator: operator ?? by.username },
        ...{ testStart: microsIn(testStart), meta: (meta ?? Meta.EMPTY).text },
      },
      by,
    );
  }

  /**
   * Like `create`, with an id of the archive's. A request with an `Idempotency-Key` gets the same id each time, and finds
   * the session of the first one. Throws `Forbidden` where the caller is limited to other sessions.
   */
  createUnnamed(
    wanted: NewSessionObject,
    by: Caller,
    requestKey: RequestKey | undefined,
  ): Promise<{ session: StoredSession; isNew: boolean }> {
    const id = newId(by, requestKey);
    this.limits.check(by, subjectOfSession(id));
    return this.create(id, wanted, by);
  }

  /** See `SessionStore.list`. */
  list({ filter, page }: SessionQuery): Promise<{ rows: StoredSession[]; more: boolean }> {
    return this.store.list(filter, page);
  }

  /** Throws `NotFound`. */
  async find(id: string): Promise<StoredSession> {
    const session = await this.store.find(id);
    if (!session) throw new NotFound(`there is no session ${id}`);
    return session;
  }

  /** Changes name and meta; what is absent stays. Throws `NotFound`, and `Invalid` where the meta becomes too large. */
  update(id: string, { name, meta }: MetaChangesObject, by: Caller): Promise<StoredSession> {
    return this.store.update(id, (stored) => ({ name: name ?? stored.name, meta: mergedMeta(stored.meta, meta) }), by);
  }

  /** See `SessionStore.end`. */
  async end(
    id: string,
    status: EndStatus,
    { 'test-end': testEnd }: SessionEndObject,
    by: Caller,
  ): Promise<EndedSession> {
    const session = await this.store.end(id, status, microsIn(testEnd), by);
    return { session, incomplete: await this.store.incomplete(id) };
  }

  /** See `DeleteStore.deleteSession`. */
  async remove(id: string, by: Caller): Promise<DeletedSession> {
    const deleted = await this.deletions.deleteSession(id, by);
    // One that lags behind still has the data.
    this.replica.catchUp();
    return deleted;
  }

  /** See `SessionStore.reopen`. */
  reopen(id: string, by: Caller): Promise<StoredSession> {
    return this.store.reopen(id, by);
  }
}

/** The text of a stored meta with changes. Throws `Invalid` where it becomes too large. */
export function mergedMeta(stored: string, changes: Meta | undefined): string {
  return changes ? Meta.stored(stored).merge(changes).text : stored;
}

/** A random id; of requests of a caller with the same key, the same one. */
function newId({ keyId, username }: Caller, requestKey: RequestKey | undefined): string {
  if (!requestKey) return `job_${randomUUID()}`;
  const digits = createHash('sha256')
    .update(JSON.stringify([keyId ?? username, requestKey.key]))
    .digest('hex');
  // Version 8 of UUIDs has room for a digest.
  return `job_${digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-a$4-$5')}`;
}
