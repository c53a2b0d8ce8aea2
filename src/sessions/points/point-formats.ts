import { askedOf, type Format, type Formats } from '../../rows/row-format.js';
import { field } from '../field.js';
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

/** The format that a read of points asks for. */
export const AskedPointFormat = askedOf(POINT_FORMATS);

/** Writes a JSON text as a field. */
function fieldOf(separator: string): Format['quote'] {
  return (json) => field(JSON.parse(json) as string, separator);
}
