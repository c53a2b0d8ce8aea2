import { Injectable } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { parseBounds, parseTimeRange, type Query } from '../common/time-range.js';
import { type Actor } from '../storage/access/audit-store.js';
import { type Deleted, DeleteStore, type Span } from '../storage/removal/delete-store.js';
import { Replica } from '../postgres/replica.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';

/** The parameters that bound a deletion of points; `format` is fine everywhere. */
const BOUNDS = ['time', 'time-start', 'time-end'];

/** Deletes metadata, event types and points; `by` is recorded for it. */
@Injectable()
export class DeletionService {
  constructor(
    private readonly store: DeleteStore,
    private readonly replica: Replica,
    private readonly eventTypes: EventTypeStore,
  ) {}

  /** Deletes a metadata with all its points. Throws `NotFound`, and `Invalid` where the query has parameters. */
  metadata(key: string, query: Query, by: Actor): Promise<Deleted> {
    refuseOthers(query, []);
    return this.done(this.store.deleteMetadata(key, by));
  }

  /** Deletes an event type of a metadata, and the metadata if it was its last. Throws like `metadata`. */
  eventType(key: string, eventType: string, query: Query, by: Actor): Promise<Deleted> {
    refuseOthers(query, []);
    return this.done(this.store.deleteEventType(key, eventType, by));
  }

  /** Deletes the points in the asked time; all where no bound is given. Throws `NotFound` and `Invalid`. */
  async points(key: string, eventType: string, query: Query, by: Actor): Promise<Deleted> {
    await this.eventTypes.require(eventType);
    refuseOthers(query, BOUNDS);
    return this.done(this.store.deletePoints(key, eventType, spanOf(query), by));
  }

  /** Who deleted something must not read it again from a replica that is behind. */
  private async done(deletion: Promise<Deleted>): Promise<Deleted> {
    const deleted = await deletion;
    this.replica.catchUp();
    return deleted;
  }
}

/** A parameter that means nothing here was meant to say which to delete: to go on would delete more. */
function refuseOthers(query: Query, allowed: readonly string[]): void {
  for (const name of Object.keys(query))
    if (name !== 'format' && !allowed.includes(name))
      throw new Invalid(`${name}: a deletion here takes ${allowed.join(', ') || 'no parameters'}; nothing was deleted`);
}

function spanOf(query: Query): Span {
  const range = query.time === undefined ? parseBounds(query, 'time-start', 'time-end') : parseTimeRange(query);
  return { begin: range?.begin ?? -Infinity, end: range?.end ?? Infinity };
}
