import { Injectable } from '@nestjs/common';
import { Caller } from '../auth/caller.js';
import { WriteLimits } from '../auth/write-limits.js';
import { EventStore } from '../storage/events/event-store.js';
import { type EventSearch } from '../storage/events/event-search.js';
import {
  type EventObject,
  type EventPageObject,
  type NewAcknowledgementObject,
  type ResolutionObject,
} from './event.dto.js';
import { cursorOf } from './event-query.js';
import { isoOf, toWire } from './event-view.js';
import { type SensorEventObject } from './sensor-events.dto.js';

/** Lists events, and changes open ones. */
@Injectable()
export class EventsService {
  constructor(
    private readonly events: EventStore,
    private readonly limits: WriteLimits,
  ) {}

  /** A page of events, and the cursor of the next one. */
  async list(search: EventSearch): Promise<EventPageObject> {
    const { events, more } = await this.events.list(search);
    const last = events.at(-1);
    return { events: events.map(toWire), next: more && last ? cursorOf(last) : null };
  }

  /** The events of a sensor's temperature, and the cursor of the next page. */
  async ofSensor(
    sensor: string,
    { filter, ...page }: EventSearch,
  ): Promise<{ events: SensorEventObject[]; cursor: string | null }> {
    const { events, more } = await this.events.list({
      filter: { ...filter, sensor, eventType: 'temperature' },
      ...page,
    });
    const last = events.at(-1);
    return {
      events: events.map(({ value, opened, type }) => ({ temperature: value, at: isoOf(opened), type })),
      cursor: more && last ? cursorOf(last) : null,
    };
  }

  /** The event with this id. Throws `NotFound`. */
  async find(id: string): Promise<EventObject> {
    return toWire(await this.events.find(id));
  }

  /** See `EventStore.acknowledge` and `unacknowledge`; throws `Forbidden`, too. */
  async acknowledge(id: string, { acknowledged, note }: NewAcknowledgementObject, by: Caller): Promise<EventObject> {
    await this.check(id, by);
    return toWire(
      acknowledged ? await this.events.acknowledge(id, note ?? undefined, by) : await this.events.unacknowledge(id, by),
    );
  }

  /** See `EventStore.resolve`; throws `Forbidden`, too. */
  async resolve(id: string, { note, rearm }: ResolutionObject, by: Caller): Promise<EventObject> {
    await this.check(id, by);
    return toWire(await this.events.resolve(id, { note: note ?? undefined, rearm }, by));
  }

  /** Keys that may write to some metadata only may change the events of these only. */
  private async check(id: string, by: Caller): Promise<void> {
    if (!by.rights.limits) return;
    const { metadataKey } = await this.events.find(id);
    await this.limits.checkKeys(by, () => [metadataKey]);
  }
}
