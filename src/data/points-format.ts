import { Readable } from 'node:stream';
import { formatSeconds } from '../common/time.js';
import { type RowPage } from '../storage/paged.js';

/** How points are written as text. */
interface Format {
  readonly contentType: string;
  readonly head: string;
  readonly separator: string;
  /** What follows the rows; `any` tells whether there was one. */
  readonly tail: (any: boolean) => string;
  /** One row. Both arguments are JSON texts. */
  readonly row: (ts: string, value: string) => string;
}

const lineEnd = (any: boolean): string => (any ? '\n' : '');

const FORMATS = {
  json: {
    contentType: 'application/json',
    head: '[',
    separator: ',',
    tail: () => ']',
    row: (ts, value) => `{"ts":${ts},"val":${value}}`,
  },
  csv: {
    contentType: 'text/csv; charset=utf-8',
    head: 'ts,val\n',
    separator: '\n',
    tail: lineEnd,
    row: (ts, value) => `${ts},${isNumber(value) ? value : `"${value.replaceAll('"', '""')}"`}`,
  },
  ndjson: {
    contentType: 'application/x-ndjson',
    head: '',
    separator: '\n',
    tail: lineEnd,
    row: (ts, value) => `{"ts":${ts},"val":${value}}`,
  },
} as const satisfies Record<string, Format>;

/** The name of a format, as the `format` parameter has it. */
export type FormatName = keyof typeof FORMATS;

/** The formats beyond JSON that a read of points offers. */
export const TEXT_FORMATS: readonly string[] = ['csv', 'ndjson'] satisfies FormatName[];

const BY_MEDIA_TYPE: Readonly<Record<string, FormatName>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
};

/**
 * The format that a request asks for: by the `format` parameter, since browsers can't set `Accept`, else by `Accept`
 * (the known type of the highest weight, the first of equals). JSON where neither names one.
 */
export function chooseFormat(parameter: string | undefined, accept = ''): FormatName {
  if (parameter !== undefined) return parameter === 'csv' || parameter === 'ndjson' ? parameter : 'json';
  let best: { name: FormatName; weight: number } = { name: 'json', weight: 0 };
  for (const part of accept.toLowerCase().split(',')) {
    const name = BY_MEDIA_TYPE[part.split(';')[0]?.trim() ?? ''];
    const weight = Number(/;\s*q=([\d.]+)/.exec(part)?.[1] ?? 1);
    if (name && weight > best.weight) best = { name, weight };
  }
  return best.name;
}

/** The rows that a request asks for. */
export interface PointsRead<Row extends { readonly micros: number }> extends RowPage<Row> {
  /** Makes the JSON text of a row's value; `undefined` leaves the row out. */
  readonly encode: (row: Row) => string | undefined;
}

/** Rows as text, ready to be sent. */
export interface FormattedPoints {
  readonly contentType: string;
  readonly body: Buffer | Readable;
}

/**
 * The rows in a format: in one piece where they are at hand, else as a stream, so that memory stays flat however many
 * there are. A failure in the middle destroys the stream; it never ends the array.
 */
export function formatPoints<Row extends { readonly micros: number }>(
  { slices, encode }: PointsRead<Row>,
  name: FormatName,
): FormattedPoints {
  const { contentType, head, separator, tail, row }: Format = FORMATS[name];
  const textOf = (slice: readonly Row[]): string => {
    const rows: string[] = [];
    for (const one of slice) {
      const value = encode(one);
      if (value !== undefined) rows.push(row(formatSeconds(one.micros), value));
    }
    return rows.join(separator);
  };
  if (isArray(slices)) {
    const text = slices.map(textOf).join(separator);
    return { contentType, body: Buffer.from(head + text + tail(text !== '')) };
  }
  async function* pieces(): AsyncGenerator<Buffer> {
    let before = head;
    let any = false;
    for await (const slice of slices) {
      const text = textOf(slice);
      if (text === '') continue;
      yield Buffer.from(before + text);
      before = separator;
      any = true;
    }
    yield Buffer.from((any ? '' : head) + tail(any));
  }
  return { contentType, body: Readable.from(pieces(), { objectMode: false }) };
}

/** `Array.isArray` does not tell read-only arrays. */
function isArray<Row>(slices: RowPage<Row>['slices']): slices is readonly (readonly Row[])[] {
  return Array.isArray(slices);
}

function isNumber(json: string): boolean {
  return /^-?\d/.test(json);
}
