import { Injectable } from '@nestjs/common';
import { type Page } from '../common/page.js';
import { parseSlice } from '../json/json-text.js';
import { BackFillJob } from '../metadata/back-fill.job.js';
import { parseSummaries } from '../metadata/parse-event-types.js';
import { Replica } from '../postgres/replica.js';
import { type Actor } from '../storage/access/audit-store.js';
import { type DatabaseContent, DatabaseStore, type StoredDatabase } from '../storage/databases/database-store.js';
import { FIELD_TYPES, FieldStore, type NamedField, type StoredField } from '../storage/databases/field-store.js';
import { PointStore } from '../storage/points/point-store.js';
import { DatabaseRemoval } from '../storage/removal/database-removal.js';
import { type Deleted } from '../storage/removal/delete-store.js';

/** A database, and how much is stored in it. */
export interface FoundDatabase extends StoredDatabase, DatabaseContent {
  readonly points: number;
}

/** Databases of the line protocol and their fields. */
@Injectable()
export class DatabasesService {
  constructor(
    private readonly databases: DatabaseStore,
    private readonly fields: FieldStore,
    private readonly points: PointStore,
    private readonly removal: DatabaseRemoval,
    private readonly backFill: BackFillJob,
    private readonly replica: Replica,
  ) {}

  /** See `DatabaseStore.list`. */
  list(page: Page): Promise<{ rows: StoredDatabase[]; more: boolean }> {
    return this.databases.list(page);
  }

  /** Throws `UnknownDatabase`. */
  async find(name: string): Promise<FoundDatabase> {
    const database = await this.databases.find(name);
    const [content, points] = await Promise.all([this.databases.content(name), this.points.countOfDatabase(name)]);
    return { ...database, ...content, points };
  }

  /**
   * Creates a database, or sets which summaries its fields keep: those that are there already get them, too, and are filled
   * in the background. Throws `Invalid`, naming the summary, and `Forbidden` for a reserved name.
   * @param summaries as a body has them; `undefined` and `null` change nothing.
   */
  async put(
    name: string,
    summaries: unknown[] | null | undefined,
    by: Actor,
  ): Promise<{ database: StoredDatabase; isNew: boolean }> {
    const wanted = summaries ? parseSummaries(parseSlice(JSON.stringify(summaries)), FIELD_TYPES) : undefined;
    const isNew = await this.databases.put(name, wanted, by);
    if (wanted && !isNew) {
      await this.databases.extendSeries(name, wanted);
      this.backFill.fillLater();
    }
    return { database: await this.databases.find(name), isNew };
  }

  /** See `DatabaseRemoval.removeDatabase`. */
  remove(name: string, by: Actor): Promise<Deleted> {
    return this.done(this.removal.removeDatabase(name, by));
  }

  /** A page of the fields of a database, or of one measurement of it. Throws `UnknownDatabase`. */
  async listFields(
    database: string,
    measurement: string | undefined,
    page: Page,
  ): Promise<{ rows: StoredField[]; more: boolean }> {
    await this.databases.find(database);
    return this.fields.list(database, measurement, page);
  }

  /** See `FieldStore.find`. */
  findField(database: string, field: NamedField): Promise<StoredField> {
    return this.fields.find(database, field);
  }

  /** See `FieldStore.setUnit`. */
  setUnit(database: string, field: NamedField, unit: string | null, by: Actor): Promise<StoredField> {
    return this.fields.setUnit(database, field, unit, by);
  }

  /** See `DatabaseRemoval.removeField`. */
  removeField(database: string, field: NamedField, by: Actor): Promise<Deleted> {
    return this.done(this.removal.removeField(database, field, by));
  }

  /** After a deletion, a replica that lags behind must not be read: it still has the data. */
  private async done(deletion: Promise<Deleted>): Promise<Deleted> {
    const deleted = await deletion;
    this.replica.catchUp();
    return deleted;
  }
}
