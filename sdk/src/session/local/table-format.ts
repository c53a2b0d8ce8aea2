import { QUANTILE_PERCENTS } from '../../exact/index.js';
import { type Handed, type StreamInfo, type Table } from '../backend.js';
import { type Meta } from '../meta.js';
import { pythonFloat, tsvField } from './python-text.js';

/** The first line of a file: what the columns are, and of which stream. */
export interface TableHeader {
  readonly type: string;
  readonly names: readonly string[];
  readonly dtypes: Readonly<Record<string, 'int64' | 'float64' | 'object'>>;
  readonly meta: Meta;
  readonly raw: boolean;
  readonly case: string | null;
  readonly parent: string | null;
}

const QUANTILES = [...QUANTILE_PERCENTS.map((percent) => `q${percent}` as const), 'average', 'stddev', 'sum'] as const;

/** The columns of each table, in the words of numpy. Edges may be missing, which int64 has no word for. */
const TABLES: Record<Table, { type: string; columns: TableHeader['dtypes'] }> = {
  metrics: { type: 'TypeTimeSeries', columns: { ts: 'int64', value: 'float64' } },
  events: { type: 'TypeEvents', columns: { ts: 'int64', value: 'object' } },
  aggregates: {
    type: 'TypeQuantiles',
    columns: {
      ts: 'int64',
      ...Object.fromEntries(QUANTILES.map((name) => [name, 'float64' as const])),
      cnt: 'int64',
    },
  },
  distributions: { type: 'TypeDistribution', columns: { ts: 'int64', l: 'float64', r: 'float64', cnt: 'int64' } },
  histograms: { type: 'TypeHistogram', columns: { ts: 'int64', category: 'object', cnt: 'int64' } },
};

/** The tables of a stream. */
export function tablesOf({ type, raw, aggregate }: StreamInfo): Table[] {
  const [points, seconds]: [Table, Table[]] =
    type === 'metric' ? ['metrics', ['aggregates', 'distributions']] : ['events', ['histograms']];
  return [...(raw ? [points] : []), ...(aggregate ? seconds : [])];
}

/** The first line of a stream's file of a table. */
export function headerOf(table: Table, stream: StreamInfo): TableHeader {
  const { type, columns } = TABLES[table];
  return {
    type,
    names: Object.keys(columns),
    dtypes: columns,
    meta: stream.meta,
    raw: stream.raw,
    case: stream.case ?? null,
    parent: stream.parent ?? null,
  };
}

/** The lines of what is handed out: times since the start, of points in µs, of seconds in seconds; empty for null. */
export function linesOf(handed: Handed, start: number): string {
  const [table, , data] = handed;
  const relative = (ts: Float64Array, i: number): number => (ts[i] ?? NaN) - start;
  let text = '';
  if (table === 'metrics') {
    for (const [i, value] of data.value.entries()) text += `${relative(data.ts, i)}\t${pythonFloat(value)}\n`;
    return text;
  }
  if (table === 'events') {
    for (const [i, value] of data.value.entries()) text += `${relative(data.ts, i)}\t${tsvField(value)}\n`;
    return text;
  }
  const second = String((data.ts - start) / 1_000_000);
  if (table === 'aggregates') {
    const fields = QUANTILES.map((name) => data.value[name]).map((value) => (value === null ? '' : pythonFloat(value)));
    return `${[second, ...fields, data.value.cnt].join('\t')}\n`;
  }
  if (table === 'distributions')
    return data.bins.map(({ l, r, cnt }) => `${[second, l ?? '', r ?? '', cnt].join('\t')}\n`).join('');
  return data.counts.map(([category, cnt]) => `${[second, tsvField(category), cnt].join('\t')}\n`).join('');
}
