import { type DistributionBin } from 'marigram-client/exact';
import { membersOf } from '../../json/json-text.js';
import { QUANTILE_MEMBERS } from '../../rollups/quantile-column.js';
import { type SummaryType } from '../../rollups/summary-kinds.js';
import { askedOf, type Format, type Formats } from '../../rows/row-format.js';
import { field } from '../field.js';
import { POINT_FORMATS } from '../points/point-formats.js';

/** A number, or a text that is ready; an absent number is an empty field. */
type Cell = string | number | null | undefined;

/** The columns of a summary in lines, beside `ts`. */
interface Columns {
  readonly names: readonly string[];
  /** The lines of a bin, given as JSON; texts are quoted by `quote`. */
  readonly linesOf: (json: string, quote: (text: string) => string) => readonly (readonly Cell[])[];
}

/** Any value in one column, as its JSON. */
const ONE_COLUMN: Columns = { names: ['value'], linesOf: (json, quote) => [[quote(json)]] };

/** The columns that netort has of a summary; those of other summaries are one. */
const COLUMNS: Readonly<Partial<Record<SummaryType, Columns>>> = {
  quantiles: {
    names: QUANTILE_MEMBERS,
    linesOf: (json) => {
      const value = JSON.parse(json) as Record<string, number | null>;
      return [QUANTILE_MEMBERS.map((name) => value[name])];
    },
  },
  distribution: {
    names: ['l', 'r', 'cnt'],
    linesOf: (json) => (JSON.parse(json) as DistributionBin[]).map(({ l, r, cnt }) => [l, r, cnt]),
  },
  categories: {
    names: ['category', 'cnt'],
    // Not by JSON.parse, which would put integers first.
    linesOf: (json, quote) => [...membersOf(json)].map(([category, { text }]) => [quote(category), text]),
  },
};

/** The formats of summaries of streams: those of their points. */
export const SUMMARY_FORMATS = POINT_FORMATS satisfies Formats;

/** The format that a read of a summary asks for. */
export const AskedSummaryFormat = askedOf(SUMMARY_FORMATS);

/** Whether a format has a line for each row, with a column for each number. */
export function hasColumns(format: Format): boolean {
  return format === SUMMARY_FORMATS.csv || format === SUMMARY_FORMATS.tsv;
}

/** A format as it writes a type of summary. */
export function formatOf(type: SummaryType, format: Format): Format {
  if (!hasColumns(format)) return format;
  const { names, linesOf } = COLUMNS[type] ?? ONE_COLUMN;
  const { middle: separator } = format;
  const quote = (text: string): string => field(text, separator);
  return {
    ...format,
    head: format.head === '' ? '' : `${['ts', ...names].join(separator)}\n`,
    lines: (json) => linesOf(json, quote).map((line) => line.map((value) => value ?? '').join(separator)),
  };
}
