import { Injectable } from '@nestjs/common';
import { NotFound } from '../common/errors.js';
import { type Page } from '../common/page.js';
import { BUILT_IN, type EventTypeInfo } from '../event-types/catalogue.js';
import { type Actor } from '../storage/access/audit-store.js';
import { type EventTypeDeclaration, EventTypeStore } from '../storage/registry/event-type-store.js';

/** Lists, declares and removes event types. */
@Injectable()
export class DeclaredTypesService {
  constructor(private readonly store: EventTypeStore) {}

  /** A page of all event types, built-in and declared, sorted by name, and whether more follow. */
  async list({ limit, offset }: Page): Promise<{ rows: EventTypeInfo[]; more: boolean }> {
    // Names are ASCII, so this is the database's order, too.
    const all = [...BUILT_IN.values(), ...(await this.store.declared())].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { rows: all.slice(offset, offset + limit), more: offset + limit < all.length };
  }

  /** An event type by its name. Throws `NotFound`. */
  async find(name: string): Promise<EventTypeInfo> {
    const found = BUILT_IN.get(name) ?? (await this.store.find(name));
    if (!found) throw new NotFound(`there is no event type ${JSON.stringify(name)}`);
    return found;
  }

  /** See `EventTypeStore.declare`. */
  declare(wanted: EventTypeDeclaration, by: Actor): Promise<{ eventType: EventTypeInfo; isNew: boolean }> {
    return this.store.declare(wanted, by);
  }

  /** See `EventTypeStore.remove`. */
  remove(name: string, by: Actor): Promise<EventTypeInfo> {
    return this.store.remove(name, by);
  }
}
