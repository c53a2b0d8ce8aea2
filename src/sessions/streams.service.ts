import { Injectable } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { NotFound } from '../common/errors.js';
import { BackFillJob } from '../metadata/back-fill.job.js';
import { type StoredStream, StreamStore } from '../storage/sessions/stream-store.js';
import { Meta } from './meta.js';
import { newStreamOf } from './new-stream.js';
import { type MetaChangesObject } from './session.dto.js';
import { mergedMeta, SessionsService } from './sessions.service.js';
import { streamParameters } from './stream-parameters.js';
import { type StreamQuery } from './stream-query.js';
import { type NewStreamObject } from './stream.dto.js';

/** Registers, finds and changes the streams of sessions. */
@Injectable()
export class StreamsService {
  constructor(
    private readonly store: StreamStore,
    private readonly sessions: SessionsService,
    private readonly backFill: BackFillJob,
  ) {}

  /** See `StreamStore.register`; summaries that are new to a stream with points are filled from them. */
  async register(
    session: string,
    id: string,
    body: NewStreamObject,
    by: Caller,
    allowsClosed = false,
  ): Promise<{ stream: StoredStream; isNew: boolean }> {
    const wanted = newStreamOf(session, id, body);
    const { stream, isNew, isExtended } = await this.store.register(wanted, by, allowsClosed);
    if (isExtended) await this.backFill.fill(stream.metadataKey);
    return { stream, isNew };
  }

  /** See `StreamStore.list`. Throws `NotFound` where there is no such session. */
  async list(session: string, { filter, page }: StreamQuery): Promise<{ rows: StoredStream[]; more: boolean }> {
    const found = await this.store.list(session, filter, page);
    if (found.rows.length === 0) await this.sessions.find(session);
    return found;
  }

  /** All streams of a session, in the order of registration. Throws `NotFound` where there is no such session. */
  async all(session: string): Promise<readonly StoredStream[]> {
    return (await this.list(session, { filter: { meta: [] }, page: { limit: Infinity, offset: 0 } })).rows;
  }

  /** Throws `NotFound`, naming the stream or the session. */
  async find(session: string, id: string): Promise<StoredStream> {
    const stream = await this.store.find(session, id);
    if (!stream) throw await this.unknown(session, id);
    return stream;
  }

  /** The error for an unknown stream, or an unknown session. */
  async unknown(session: string, id: string): Promise<NotFound> {
    await this.sessions.find(session);
    return new NotFound(`there is no stream ${id} in session ${session}`);
  }

  /** Changes name and meta; what is absent stays. Throws `NotFound`, and `Invalid` where the meta becomes too large. */
  update(session: string, id: string, { name, meta }: MetaChangesObject, by: Caller): Promise<StoredStream> {
    const change = (stored: StoredStream) => {
      const changed = { ...stored, name: name ?? stored.name, meta: mergedMeta(stored.meta, meta) };
      return { ...changed, parameters: streamParameters(changed, Meta.stored(changed.meta)) };
    };
    return this.store.update(session, id, change, by);
  }
}
