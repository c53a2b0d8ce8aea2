import { type Answer, type Header, type Parameter } from '../common/api-docs.js';
import { ORDER, PAGE, rowFormat, TIMES } from '../http/parameters.js';
import { HEADERS } from '../http/error-responses.js';
import { ROW_FORMATS } from './row-format.js';

/** The parameters of a read of rows. */
export const ROW_PARAMETERS: readonly Parameter[] = [...TIMES, ...PAGE, ORDER, rowFormat('RowFormat', ROW_FORMATS)];

/** An answer with rows, in each of its formats. */
export function rowAnswer(
  description: string,
  row: { $ref: string },
  example: readonly { readonly ts: number; readonly val: number }[],
  headers: Readonly<Record<string, Header>> = {},
): Answer {
  const text = (about: string, lines: readonly string[]) => ({
    schema: { type: 'string', description: about },
    example: `${lines.join('\n')}\n`,
  });
  return {
    description,
    headers: { Link: HEADERS.link, ...headers },
    content: {
      'application/json': { schema: { type: 'array', items: row }, example },
      'text/csv': text('A header, then a line a row. A value that is no number is its JSON in quotes (RFC 4180).', [
        'ts,val',
        ...example.map(({ ts, val }) => `${ts},${val}`),
      ]),
      'application/x-ndjson': text(
        'A line a row, each a JSON object as the array of the JSON format has it.',
        example.map((one) => JSON.stringify(one)),
      ),
    },
  };
}
