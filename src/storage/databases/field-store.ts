import { Injectable } from '@nestjs/common';
import { textArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';

/** The type of a field: a data type that the line protocol has literals for. */
export type FieldType = 'float' | 'integer' | 'boolean' | 'string';

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

/** The SQL on the fields of measurements. */
@Injectable()
export class FieldStore {
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
