import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { DatabaseStore, UnknownDatabase } from '../databases/database-store.js';
import { FieldStore, type NamedField, UnknownField } from '../databases/field-store.js';
import { MetadataStore } from '../registry/metadata-store.js';
import { type PartOfDatabase, TaggedMetadataStore } from '../registry/tagged-metadata-store.js';
import { type Deleted, DeleteStore } from './delete-store.js';

/** The metadata that one transaction deletes from: writers to them wait for less than a second. */
const BATCH_SIZE = 1000;

/**
 * Deletes databases and fields of the line protocol. There may be 100,000 metadata, so the data go in many transactions,
 * each of whole series. The last one removes the database or the field itself, with its audit record: until then the same
 * deletion can be asked for again. It keeps others from registering, so that nothing is left behind.
 */
@Injectable()
export class DatabaseRemoval {
  constructor(
    private readonly db: Database,
    private readonly databases: DatabaseStore,
    private readonly fields: FieldStore,
    private readonly metadata: MetadataStore,
    private readonly tagged: TaggedMetadataStore,
    private readonly series: DeleteStore,
  ) {}

  /** Deletes a database with all that was written to it. Throws `UnknownDatabase`. */
  removeDatabase(name: string, by: Actor): Promise<Deleted> {
    return this.removeAll(name, undefined, async (sql, deleted) => {
      await this.databases.remove(sql, name);
      await recordAudit(sql, by, 'database deleted', name, { ...deleted });
    });
  }

  /**
   * Deletes a field of a measurement with all its points, and the metadata whose last one it was. The next write may give it
   * another type. Throws `UnknownDatabase` and `UnknownField`.
   */
  removeField(database: string, field: NamedField, by: Actor): Promise<Deleted> {
    const part: PartOfDatabase = { measurement: field.measurement, eventType: field.name };
    return this.removeAll(database, part, async (sql, deleted) => {
      if (!(await this.fields.remove(sql, database, field))) throw new UnknownField(database, field);
      await recordAudit(sql, by, 'field deleted', database, {
        ...{ measurement: field.measurement, field: field.name },
        ...deleted,
      });
    });
  }

  private async removeAll(
    database: string,
    part: PartOfDatabase | undefined,
    finish: (sql: Sql, deleted: Deleted) => Promise<void>,
  ): Promise<Deleted> {
    let deleted: Deleted = { metadata: 0, points: 0 };
    for (let isLast = false; !isLast;) {
      const before = await this.tagged.some(this.db, database, BATCH_SIZE, part);
      isLast = before.length < BATCH_SIZE;
      deleted = await this.db.retrying(async (sql) => {
        if (isLast && !(await this.databases.lockForRemoval(sql, database))) throw new UnknownDatabase(database);
        const batch = await this.removeBatch(sql, database, isLast ? Infinity : BATCH_SIZE, part);
        const sum = { metadata: deleted.metadata + batch.metadata, points: deleted.points + batch.points };
        if (isLast) await finish(sql, sum);
        return sum;
      });
    }
    return deleted;
  }

  private async removeBatch(sql: Sql, database: string, limit: number, part?: PartOfDatabase): Promise<Deleted> {
    const metadata = await this.tagged.some(sql, database, limit, part);
    await this.metadata.lockWithSeries(sql, metadata);
    const series = await this.metadata.seriesOf(sql, metadata, part?.eventType);
    const points = await this.series.remove(sql, series);
    return { metadata: await this.tagged.removeEmpty(sql, metadata), points };
  }
}
