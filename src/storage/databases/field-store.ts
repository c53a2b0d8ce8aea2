import { Injectable } from '@nestjs/common';
import { NotFound } from '../../common/errors.js';
import { type Page } from '../../common/page.js';
import { textArray } from '../../postgres/array-encoding.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { type Actor, recordAudit } from '../access/audit-store.js';

/** The types of fields: the data types that the line protocol has literals for. */
export const FIELD_TYPES = ['float', 'integer', 'boolean', 'string'] as const;

export type FieldType = (typeof FIELD_TYPES)[number];

/** A field of a measurement. */
export interface NamedField {
  readonly measurement: string;
  readonly name: string;
}

/** A field with its type. */
export interface TypedField extends NamedField {
  readonly type: FieldType;
}

/** The types of fields by measurement and name. */
export class FieldTypes {
  private readonly types = new Map<string, Map<string, FieldType>>();

  /** Of a field that is there twice, the first counts. */
  static of(fields: readonly TypedField[]): FieldTypes {
    const types = new FieldTypes();
    for (const field of fields) types.add(field);
    return types;
  }

  get({ measurement, name }: NamedField): FieldType | undefined {
    return this.types.get(measurement)?.get(name);
  }

  private add({ measurement, name, type }: TypedField): void {
    const fields = this.types.get(measurement) ?? new Map<string, FieldType>();
    this.types.set(measurement, fields);
    if (!fields.has(name)) fields.set(name, type);
  }

  all(): TypedField[] {
    return [...this.types].flatMap(([measurement, fields]) =>
      [...fields].map(([name, type]) => ({ measurement, name, type })),
    );
  }
}

/** A field as it is stored. */
export interface StoredField extends NamedField {
  readonly type: FieldType;
  /** The unit of its numbers; `null` where nobody has set one. */
  readonly unit: string | null;
}

/** There is no such field. */
export class UnknownField extends NotFound {
  constructor(database: string, { measurement, name }: NamedField) {
    super(
      `database ${JSON.stringify(database)} has no field ${JSON.stringify(name)} ` +
        `of measurement ${JSON.stringify(measurement)}`,
    );
  }
}

const SELECT = 'SELECT measurement, name, data_type AS type, unit FROM field WHERE database = $1';

/** The SQL on the fields of measurements. Reads ask the primary. */
@Injectable()
export class FieldStore {
  constructor(private readonly db: Database) {}

  /** A page of the fields of a database, sorted by measurement and name, and whether more follow. */
  async list(
    database: string,
    measurement: string | undefined,
    { limit, offset }: Page,
  ): Promise<{ rows: StoredField[]; more: boolean }> {
    const { rows } = await this.db
      .reader(true)
      .query<StoredField>(
        `${SELECT} AND ($2::text IS NULL OR measurement = $2) ORDER BY measurement, name LIMIT $3 OFFSET $4`,
        [database, measurement ?? null, limit + 1, offset],
      );
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /** Throws `UnknownField`. */
  find(database: string, field: NamedField): Promise<StoredField> {
    return this.read(this.db.reader(true), database, field);
  }

  /** Sets the unit of a field; one transaction, with its audit record. Throws `UnknownField`. */
  setUnit(database: string, field: NamedField, unit: string | null, by: Actor): Promise<StoredField> {
    return this.db.retrying(async (sql) => {
      const { measurement, name } = field;
      const { rowCount } = await sql.query(
        `UPDATE field SET unit = $4
         WHERE database = $1 AND measurement = $2 AND name = $3 AND unit IS DISTINCT FROM $4`,
        [database, measurement, name, unit],
      );
      if (rowCount === 1) await recordAudit(sql, by, 'field changed', database, { measurement, field: name, unit });
      return this.read(sql, database, field);
    });
  }

  /** Removes a field that no series has, inside the caller's transaction; returns whether it was there. */
  async remove(sql: Sql, database: string, { measurement, name }: NamedField): Promise<boolean> {
    const text = 'DELETE FROM field WHERE database = $1 AND measurement = $2 AND name = $3';
    return (await sql.query(text, [database, measurement, name])).rowCount === 1;
  }

  private async read(sql: Sql, database: string, field: NamedField): Promise<StoredField> {
    const { rows } = await sql.query<StoredField>(`${SELECT} AND measurement = $2 AND name = $3`, [
      ...[database, field.measurement, field.name],
    ]);
    if (!rows[0]) throw new UnknownField(database, field);
    return rows[0];
  }

  /** Stores those of these fields that are new, and returns the stored types of all. */
  async register(sql: Sql, database: string, wanted: FieldTypes): Promise<FieldTypes> {
    const fields = wanted.all();
    const measurements = textArray(fields, ({ measurement }) => measurement);
    const names = textArray(fields, ({ name }) => name);
    await sql.query({
      name: 'field-insert',
      text: `INSERT INTO field (database, measurement, name, data_type)
             SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[]) ON CONFLICT ON CONSTRAINT field_pkey DO NOTHING`,
      values: [database, measurements, names, textArray(fields, ({ type }) => type)],
    });
    const { rows } = await sql.query<TypedField>({
      name: 'field-types',
      text: `SELECT measurement, name, data_type AS type
             FROM unnest($2::text[], $3::text[]) AS wanted (measurement, name) JOIN field USING (measurement, name)
             WHERE database = $1`,
      values: [database, measurements, names],
    });
    return FieldTypes.of(rows);
  }
}
