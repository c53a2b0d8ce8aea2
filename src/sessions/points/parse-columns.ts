import { parseBinaryColumns } from './binary-columns.js';
import { parseJsonColumns } from './json-columns.js';
import { type ColumnOptions, type PostedColumns } from './posted-columns.js';
import { parseTsvColumns } from './tsv-columns.js';

/** The media type of binary columns. */
export const COLUMNS_TYPE = 'application/vnd.marigram.columns';

export const TSV_TYPE = 'text/tab-separated-values';

/** Reads a body of a media type. */
type ColumnParser = (body: Buffer, options: ColumnOptions) => PostedColumns;

/** The media types of points beside JSON. Another one is one entry here. */
const PARSERS: ReadonlyMap<string, ColumnParser> = new Map([
  [TSV_TYPE, parseTsvColumns],
  [COLUMNS_TYPE, parseBinaryColumns],
]);

/** The media types that a body with points may have beside JSON. */
export const POINT_TYPES: readonly string[] = [...PARSERS.keys()];

/** Reads a body with the points of one stream. Throws `Invalid`, naming the element, and `TooLarge`. */
export function parseColumns(body: Buffer, mediaType: string, options: ColumnOptions): PostedColumns {
  return (PARSERS.get(mediaType) ?? parseJsonColumns)(body, options);
}
