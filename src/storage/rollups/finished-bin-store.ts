import { Injectable } from '@nestjs/common';
import { TooManyCategories } from '../../common/errors.js';
import { int4Array, jsonArray, textArray, timestampArray } from '../../postgres/array-encoding.js';
import { type Companion } from '../../postgres/companion.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf } from '../../postgres/timestamps.js';
import { MAX_CATEGORIES } from '../../rollups/categories.js';
import { FINISHED_TYPES, FinishedBin, type FinishedPart, type FinishedType } from '../../rollups/finished-bins.js';
import { CutOffStore } from '../registry/cut-off-store.js';
import { type SeriesRef, SeriesStore } from '../registry/series-store.js';

/** The window of finished bins, in seconds. */
const WINDOW = 1;

/** Seconds that are read and merged before others get their turn. */
const BATCH_SECONDS = 250;

/** What a client has summed up for one second of a series. */
export interface FinishedSecond {
  readonly series: SeriesRef;
  /** The begin of the bin, in micros. */
  readonly micros: number;
  readonly part: FinishedPart;
}

/** A value of a bin. */
interface Value {
  readonly series: number;
  readonly micros: number;
  readonly type: FinishedType;
  readonly text: string;
}

/** Stores bins that come finished as sealed bins of windows of a second, merged with what came for them before. */
@Injectable()
export class FinishedBinStore {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    private readonly cutOffs: CutOffStore,
  ) {}

  /**
   * Merges seconds into the stored ones, each (series, second) once, in one transaction under the locks of the series.
   * Values of summaries that are not registered, or have expired, are ignored.
   * Throws, with nothing stored: `StaleSeries`, `TooManyCategories`, `Unavailable`, and what `companion` throws.
   */
  async merge(seconds: readonly FinishedSecond[], companion: Companion): Promise<void> {
    await this.db.retrying(async (sql) => {
      const series = new Map(seconds.map((second) => [second.series.id, second.series]));
      await this.series.lock(sql, series.values(), 'wait');
      await companion.check(sql);
      const isKept = await this.registered(sql, [...series.keys()]);
      const stored = await read(sql, seconds);
      const changed = seconds.flatMap((second) => {
        const before = stored.get(nameOf(second.series.id, second.micros)) ?? new Map<FinishedType, string>();
        return changesOf(second, before).filter(isKept);
      });
      await write(sql, changed);
      await Promise.all(companion.write(sql));
    });
  }

  /**
   * What all stored seconds of a series come to as one; `undefined` where it has none. They are read one batch after the
   * other, without a snapshot.
   */
  async whole(series: number): Promise<FinishedBin | undefined> {
    let whole: FinishedBin | undefined;
    for (const type of FINISHED_TYPES)
      for (let last = '-infinity', rows = BATCH_SECONDS; rows === BATCH_SECONDS;) {
        const batch = await this.db.query<{ bin: string; text: string }>({
          name: 'finished-whole',
          text: `SELECT bin::text, value::text AS text FROM sealed_bin
                 WHERE series = $1 AND type = $2 AND window_seconds = ${WINDOW} AND bin > $3::timestamptz
                 ORDER BY sealed_bin.bin LIMIT ${BATCH_SECONDS}`,
          values: [series, type, last],
        });
        whole ??= batch.rows.length > 0 ? new FinishedBin() : undefined;
        for (const { text } of batch.rows) whole?.addStored(type, text);
        rows = batch.rows.length;
        last = batch.rows.at(-1)?.bin ?? last;
      }
    return whole;
  }

  /** A condition on values: that their summary is registered, and they have not expired. */
  private async registered(sql: Sql, series: readonly number[]): Promise<(value: Value) => boolean> {
    const summaries = await this.cutOffs.ofSummaries(sql, series, FINISHED_TYPES, WINDOW);
    const begins = new Map(summaries.map(({ series: id, type, cutOff }) => [`${id} ${type}`, cutOff]));
    return ({ series: id, type, micros }) => micros >= (begins.get(`${id} ${type}`) ?? Infinity);
  }
}

/** The values of a second that are others with this part. */
function changesOf({ series, micros, part }: FinishedSecond, before: ReadonlyMap<FinishedType, string>): Value[] {
  const bin = FinishedBin.of(before);
  bin.add(part);
  if (bin.labels > MAX_CATEGORIES)
    throw new TooManyCategories(`more than ${MAX_CATEGORIES} different categories in the second of ${micros}`);
  return [...bin.texts()].flatMap(([type, text]) =>
    text === before.get(type) ? [] : [{ series: series.id, micros, type, text }],
  );
}

/** The stored values of seconds. */
async function read(sql: Sql, seconds: readonly FinishedSecond[]): Promise<Map<string, Map<FinishedType, string>>> {
  const { rows } = await sql.query<Value>({
    name: 'finished-read',
    text: `SELECT z.series, ${microsOf('z.bin')} AS micros, z.type, z.value::text AS text
           FROM unnest($1::int4[], $2::timestamptz[]) AS g (series, bin) CROSS JOIN unnest($3::text[]) AS t (type)
           JOIN sealed_bin z ON z.series = g.series AND z.type = t.type AND z.window_seconds = ${WINDOW} AND z.bin = g.bin`,
    values: [
      int4Array(seconds, ({ series }) => series.id),
      timestampArray(seconds, ({ micros }) => micros),
      [...FINISHED_TYPES],
    ],
  });
  const stored = new Map<string, Map<FinishedType, string>>();
  for (const { series, micros, type, text } of rows) {
    const name = nameOf(series, micros);
    stored.set(name, (stored.get(name) ?? new Map<FinishedType, string>()).set(type, text));
  }
  return stored;
}

async function write(sql: Sql, values: readonly Value[]): Promise<void> {
  await sql.query({
    name: 'finished-write',
    text: `INSERT INTO sealed_bin (series, type, window_seconds, bin, value)
           SELECT series, type, ${WINDOW}, bin, value
           FROM unnest($1::int4[], $2::text[], $3::timestamptz[], $4::json[]) AS v (series, type, bin, value)
           ON CONFLICT ON CONSTRAINT sealed_bin_pkey DO UPDATE SET value = excluded.value`,
    values: [
      int4Array(values, ({ series }) => series),
      textArray(values, ({ type }) => type),
      timestampArray(values, ({ micros }) => micros),
      jsonArray(values, ({ text }) => text),
    ],
  });
}

function nameOf(series: number, micros: number): string {
  return `${series} ${micros}`;
}
