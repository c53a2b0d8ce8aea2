import { QUANTILE_PERCENTS } from 'marigram-client/exact';
import { Invalid } from '../common/errors.js';
import { type StreamType } from '../storage/sessions/stream-store.js';

/** A table that clients upload: its columns behind the date, the tag and the time. */
export interface Table {
  /** The type of the streams that have such rows. */
  readonly type: StreamType;
  /** Whether a row is a point, whose time is in micros; else it is of a second. */
  readonly hasPoints: boolean;
  /** Whether a text comes first. */
  readonly hasText: boolean;
  /** The columns of numbers. */
  readonly numbers: readonly string[];
}

const QUANTILES = QUANTILE_PERCENTS.map((percent) => `q${percent}` as const);

/** The tables by their names. */
export const TABLES = {
  metrics: { type: 'metric', hasPoints: true, hasText: false, numbers: ['value'] },
  events: { type: 'event', hasPoints: true, hasText: true, numbers: [] },
  aggregates: {
    type: 'metric',
    hasPoints: false,
    hasText: false,
    numbers: [...QUANTILES, 'average', 'stddev', 'sum', 'cnt'],
  },
  distributions: { type: 'metric', hasPoints: false, hasText: false, numbers: ['l', 'r', 'cnt'] },
  histograms: { type: 'event', hasPoints: false, hasText: true, numbers: ['cnt'] },
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;

const INSERT = /^\s*INSERT\s+INTO\s+(?:\w+\.)?(\w+)\s+FORMAT\s+TSV\s*;?\s*$/i;

/** The table in the query of an upload, such as `insert into luna.aggregates format tsv`. Throws `Invalid`. */
export function tableOf(query: string | undefined): TableName {
  const name = INSERT.exec(query ?? '')?.[1]?.toLowerCase();
  const table = (Object.keys(TABLES) as TableName[]).find((one) => one === name);
  if (table) return table;
  const names = Object.keys(TABLES).join(', ');
  throw new Invalid(
    `query: expected insert into luna.TABLE format tsv with a TABLE of ${names}, got ${JSON.stringify(query ?? '')}`,
  );
}
