import { Injectable } from '@nestjs/common';
import { type Actor } from '../storage/access/audit-store.js';
import { type Deleted, DeleteStore, type Span } from '../storage/removal/delete-store.js';
import { Replica } from '../postgres/replica.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';

/** Deletes metadata, event types and points; `by` is recorded in the audit. */
@Injectable()
export class DeletionService {
  constructor(
    private readonly store: DeleteStore,
    private readonly replica: Replica,
    private readonly eventTypes: EventTypeStore,
  ) {}

  /** Deletes a metadata with all its points. Throws `NotFound`. */
  metadata(key: string, by: Actor): Promise<Deleted> {
    return this.done(this.store.deleteMetadata(key, by));
  }

  /** Deletes an event type of a metadata, and the metadata if it was its last. Throws as `metadata` does. */
  eventType(key: string, eventType: string, by: Actor): Promise<Deleted> {
    return this.done(this.store.deleteEventType(key, eventType, by));
  }

  /**
   * Deletes the points in a span of time. Throws `NotFound`, and `Invalid` for an unknown event type and for a span that
   * has a part of a bin whose points were not kept.
   */
  async points(key: string, eventType: string, span: Span, by: Actor): Promise<Deleted> {
    await this.eventTypes.require(key, eventType);
    return this.done(this.store.deletePoints(key, eventType, span, by));
  }

  /** After a deletion, a replica that lags behind must not be read: it still has the data. */
  private async done(deletion: Promise<Deleted>): Promise<Deleted> {
    const deleted = await deletion;
    this.replica.catchUp();
    return deleted;
  }
}
