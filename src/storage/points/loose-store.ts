import { type StoredValue } from '../../event-types/data-types.js';
import { float8Array, int4Array, jsonArray, timestampArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';
import { type PointColumns } from './point-columns.js';

/** Some points of one series. */
export interface PointsOfSeries {
  readonly series: number;
  readonly columns: PointColumns;
}

/** A loose point at a place that was asked for. */
export interface LoosePlace {
  /** The index in the list of those that asked. */
  readonly asked: number;
  /** The index of the time in the columns. */
  readonly index: number;
  readonly point: StoredValue;
}

type LooseRow = [position: number, value: number | null, denominator: number | null, document: string | null];

const COLUMNS = '$1::int4[], $2::timestamptz[], $3::float8[], $4::float8[], $5::json[]';
const INSERT = `INSERT INTO point (series, ts, value, denominator, document) SELECT * FROM unnest(${COLUMNS})`;

const INSERT_NUMBERS =
  'INSERT INTO point (series, ts, value) SELECT * FROM unnest($1::int4[], $2::timestamptz[], $3::float8[])';

/** Inserts loose points. Fails with SQLSTATE 23505 where one of them exists: half the price of a look at each place. */
export async function insertLoose(sql: Sql, points: readonly PointsOfSeries[]): Promise<void> {
  // Most points are plain numbers: without columns full of nulls a fifth less is sent and unpacked.
  const isPlain = points.every(({ columns }) => columns.denominators.length === 0 && columns.documents.length === 0);
  await sql.query(
    isPlain
      ? { name: 'point-insert-numbers', text: INSERT_NUMBERS, values: numberValues(points) }
      : { name: 'point-insert', text: INSERT, values: allValues(points) },
  );
}

/** Replaces the values of loose points; those that are gone are inserted. */
export async function replaceLoose(sql: Sql, points: readonly PointsOfSeries[]): Promise<void> {
  await sql.query({
    name: 'point-replace',
    text: `${INSERT} ON CONFLICT (series, ts) DO UPDATE SET
             value = excluded.value, denominator = excluded.denominator, document = excluded.document`,
    values: allValues(points),
  });
}

/** Which of these places hold a loose point; the nanoseconds of all of these are 0. */
export async function loosePlaces(sql: Sql, asked: readonly PointsOfSeries[]): Promise<LoosePlace[]> {
  const sizes = asked.map(({ columns }) => columns.micros.length);
  const { rows } = await sql.query<LooseRow>({
    name: 'point-places',
    text: `SELECT position::int, value, denominator, document::text
           FROM unnest($1::int4[], $2::timestamptz[]) WITH ORDINALITY AS place (series, ts, position)
           JOIN point USING (series, ts) ORDER BY position`,
    values: numberValues(asked).slice(0, 2),
    rowMode: 'array',
  });
  let [at, before] = [0, 0];
  return rows.flatMap(([position, value, denominator, document]) => {
    while (position - 1 - before >= (sizes[at] ?? Infinity)) before += sizes[at++] ?? 0;
    const index = position - 1 - before;
    return asked[at]?.columns.rows?.[index] ? [] : [{ asked: at, index, point: { value, denominator, document } }];
  });
}

function numberValues(points: readonly PointsOfSeries[]): Buffer[] {
  return [
    int4Array(
      points.flatMap(({ series, columns }) => columns.micros.map(() => series)),
      (id) => id,
    ),
    timestampArray(
      points.flatMap(({ columns }) => columns.micros),
      (time) => time,
    ),
    float8Array(
      points.flatMap(({ columns }) => orNulls(columns.values, columns)),
      (value) => value,
    ),
  ];
}

function allValues(points: readonly PointsOfSeries[]): Buffer[] {
  return [
    ...numberValues(points),
    float8Array(
      points.flatMap(({ columns }) => orNulls(columns.denominators, columns)),
      (denominator) => denominator,
    ),
    jsonArray(
      points.flatMap(({ columns }) => orNulls(columns.documents, columns)),
      (document) => document,
    ),
  ];
}

/** A column that the data type may lack. */
function orNulls<T>(column: readonly T[], { micros }: PointColumns): readonly (T | null)[] {
  return column.length > 0 ? column : micros.map(() => null);
}
