import { type Format, type Formats } from '../../rows/row-format.js';
import { TSV_TYPE } from './parse-columns.js';

const lineEnd = (any: boolean): string => (any ? '\n' : '');

const OBJECT = { open: '{"ts":', middle: ',"value":', row: ',"row":', close: '}', quote: (json: string) => json };

const LINE = { open: '', close: '', separator: '\n', tail: lineEnd };

/** The formats of points of streams. Lines of tabs are those that netort writes: they have no header. */
export const POINT_FORMATS = {
  json: { ...OBJECT, contentType: 'application/json', head: '[', separator: ',', tail: () => ']' },
  ndjson: { ...OBJECT, contentType: 'application/x-ndjson', head: '', separator: '\n', tail: lineEnd },
  csv: { ...LINE, contentType: 'text/csv; charset=utf-8', head: 'ts,value\n', middle: ',', quote: fieldOf(',') },
  tsv: { ...LINE, contentType: `${TSV_TYPE}; charset=utf-8`, head: '', middle: '\t', quote: fieldOf('\t') },
} as const satisfies Formats;

/** Writes a JSON text or number as a field, in quotes where it holds the separator, a quote or a line break. */
export function fieldOf(separator: string): Format['quote'] {
  return (json) => {
    const value: unknown = JSON.parse(json);
    const text = String(value);
    const isPlain = !text.includes(separator) && !/["\r\n]/.test(text);
    return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
  };
}
