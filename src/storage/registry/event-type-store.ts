import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type Repository } from 'typeorm';
import { NotFound, StateConflict, Unavailable } from '../../common/errors.js';
import {
  BUILT_IN,
  builtInDataType,
  type DataTypeOf,
  type EventTypeInfo,
  requireDataType,
  UnknownEventType,
} from '../../event-types/catalogue.js';
import { type DataTypeName } from '../../event-types/data-types.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { SERIES_IN_DATABASES } from './relations.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { asUnavailable } from '../../postgres/unavailable.js';
import { EventType } from '../schema/event-type.entity.js';

/** A declaration. Fields that are `undefined` stay as they are if the event type is declared already. */
export interface EventTypeDeclaration {
  readonly name: string;
  readonly dataType: DataTypeName;
  readonly unit?: string | null | undefined;
  readonly description?: string | undefined;
}

const COLUMNS = 'name, data_type AS "dataType", unit, description';

/**
 * The event types that admins have declared. They are not cached: writes and reads of points take the data type from
 * the series, and other look-ups are rare. So a declaration is effective at once in all processes on the database.
 * A TypeORM repository reads them. Changes are SQL: they lock the row, and share a transaction with the audit record.
 */
@Injectable()
export class EventTypeStore {
  private readonly eventTypes: Repository<EventType>;

  constructor(
    private readonly db: Database,
    @InjectDataSource() dataSource: DataSource,
  ) {
    this.eventTypes = dataSource.getRepository(EventType);
  }

  /** All declared event types, sorted by name. Throws `Unavailable` when the database is away. */
  async declared(): Promise<EventTypeInfo[]> {
    const all = await this.eventTypes.find({ order: { name: 'ASC' } }).catch(asUnavailable);
    // A later version may have one built in that was declared before.
    return all.filter(({ name }) => !BUILT_IN.has(name));
  }

  /** The declared event type of this name, or `undefined`. Throws `Unavailable` when the database is away. */
  async find(name: string): Promise<EventTypeInfo | undefined> {
    return (await this.eventTypes.findOneBy({ name }).catch(asUnavailable)) ?? undefined;
  }

  /** A look-up of the built-in and the declared event types. */
  async lookup(): Promise<DataTypeOf> {
    const declared = new Map((await this.declared()).map(({ name, dataType }) => [name, dataType]));
    return (eventType) => builtInDataType(eventType) ?? declared.get(eventType);
  }

  /**
   * Runs `work` with a look-up of the built-in event types, which needs no statement. If `work` throws
   * `UnknownEventType`, it runs again with a look-up of all event types. Throws what `work` threw.
   */
  async resolve<T>(work: (dataTypeOf: DataTypeOf) => T): Promise<T> {
    try {
      return work(builtInDataType);
    } catch (error) {
      if (!(error instanceof UnknownEventType)) throw error;
      return work(await this.lookup());
    }
  }

  /**
   * Throws `UnknownEventType` if there is no such event type, and the metadata with this key has none of its own: fields of
   * the line protocol are event types of their metadata only.
   */
  async require(metadataKey: string, eventType: string): Promise<void> {
    if (BUILT_IN.has(eventType) || (await this.find(eventType))) return;
    const text = 'SELECT FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1 AND s.event_type = $2';
    if ((await this.db.query(text, [metadataKey, eventType])).rowCount === 0) throw new UnknownEventType(eventType);
  }

  /**
   * Declares an event type, or changes the unit and the description of a declared one. One transaction, which also
   * writes the audit record of a change. Throws `StateConflict` for a built-in event type, and for one that is declared
   * with another data type.
   * @returns the declaration as it is now, and whether it is new.
   */
  async declare(wanted: EventTypeDeclaration, by: Actor): Promise<{ eventType: EventTypeInfo; isNew: boolean }> {
    const { name, dataType } = wanted;
    refuseBuiltIn(name);
    return this.db.retrying(async (sql) => {
      const inserted = await sql.query(
        `INSERT INTO event_type (name, data_type, unit, description) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT event_type_pkey DO NOTHING`,
        [name, dataType, wanted.unit ?? null, wanted.description ?? ''],
      );
      const { rows } = await sql.query<EventTypeInfo>(
        `SELECT ${COLUMNS} FROM event_type WHERE name = $1 FOR NO KEY UPDATE`,
        [name],
      );
      const known = rows[0];
      if (!known) throw new Unavailable(`the event type ${name} was removed while it was declared, try again`);
      if (known.dataType !== dataType)
        throw new StateConflict(
          `the event type ${name} is declared as ${known.dataType} already, it can't be ${dataType}`,
        );
      if (inserted.rowCount === 1) {
        const { unit, description } = known;
        await recordAudit(sql, by, 'event type declared', name, { dataType, unit, description });
        return { eventType: known, isNew: true };
      }
      const eventType = await change(sql, known, wanted, by);
      return { eventType, isNew: false };
    });
  }

  /**
   * Removes a declared event type that no metadata has, and returns it. One transaction. Throws `NotFound` where it is
   * not declared, and `StateConflict` for a built-in one and for one that some metadata has.
   */
  async remove(name: string, by: Actor): Promise<EventTypeInfo> {
    refuseBuiltIn(name);
    return this.db.retrying(async (sql) => {
      // The row is deleted before the series are counted: a registration locks the row, see `holdDataTypes`.
      const deleted = await sql.query<EventTypeInfo>(`DELETE FROM event_type WHERE name = $1 RETURNING ${COLUMNS}`, [
        name,
      ]);
      const removed = deleted.rows[0];
      if (!removed) throw new NotFound(`the event type ${name} is not declared`);
      const { rows } = await sql.query<{ used: number }>(
        // Fields of the same name have nothing to do with it.
        `SELECT count(*)::float8 AS used FROM ${SERIES_IN_DATABASES} WHERE event_type = $1 AND database = ''`,
        [name],
      );
      const used = rows[0]?.used ?? 0;
      if (used > 0)
        throw new StateConflict(`the event type ${name} is in use by ${used} metadata: delete it there first`);
      await recordAudit(sql, by, 'declaration removed', name);
      return removed;
    });
  }
}

/**
 * The data types of event types, in the order of their names here. Those that are declared can't be removed before the
 * caller's transaction ends. Throws `UnknownEventType`.
 */
export async function holdDataTypes(sql: Sql, names: readonly string[]): Promise<DataTypeName[]> {
  const declared = new Map<string, DataTypeName>();
  if (names.some((name) => builtInDataType(name) === undefined)) {
    const { rows } = await sql.query<{ name: string; dataType: DataTypeName }>(
      'SELECT name, data_type AS "dataType" FROM event_type WHERE name = ANY ($1) ORDER BY name FOR KEY SHARE',
      [names],
    );
    for (const { name, dataType } of rows) declared.set(name, dataType);
  }
  return names.map((name) =>
    requireDataType((eventType) => builtInDataType(eventType) ?? declared.get(eventType), name),
  );
}

async function change(
  sql: Sql,
  known: EventTypeInfo,
  { unit = known.unit, description = known.description }: EventTypeDeclaration,
  by: Actor,
): Promise<EventTypeInfo> {
  if (unit === known.unit && description === known.description) return known;
  await sql.query('UPDATE event_type SET unit = $2, description = $3 WHERE name = $1', [known.name, unit, description]);
  await recordAudit(sql, by, 'declaration changed', known.name, { unit, description });
  return { ...known, unit, description };
}

function refuseBuiltIn(name: string): void {
  if (BUILT_IN.has(name)) throw new StateConflict(`the event type ${name} is built in and can't be changed`);
}
