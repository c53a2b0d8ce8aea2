import { Readable } from 'node:stream';
import { formatSeconds } from '../common/time.js';
import { type Point } from '../storage/point-store.js';
import { type PointsRead } from './read.service.js';

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

/** Points as text, ready to be sent. */
export interface FormattedPoints {
  readonly contentType: string;
  readonly body: Buffer | Readable;
}

/**
 * The points in a format: in one piece where they are at hand, else as a stream, so that memory stays flat however
 * many there are. A failure in the middle destroys the stream; it never ends the array.
 */
export function formatPoints({ slices, encode }: PointsRead, name: FormatName): FormattedPoints {
  const { contentType, head, separator, tail, row }: Format = FORMATS[name];
  const rows = (slice: readonly Point[]): string =>
    slice.map((point) => row(formatSeconds(point.micros), encode(point))).join(separator);
  if (Array.isArray(slices)) {
    const text = rows(slices.flat());
    return { contentType, body: Buffer.from(head + text + tail(text !== '')) };
  }
  async function* pieces(): AsyncGenerator<Buffer> {
    let before = head;
    for await (const slice of slices) {
      yield Buffer.from(before + rows(slice));
      before = separator;
    }
    // Nothing came where only the head is left to be sent.
    yield Buffer.from(before === head ? head + tail(false) : tail(true));
  }
  return { contentType, body: Readable.from(pieces(), { objectMode: false }) };
}

function isNumber(json: string): boolean {
  return /^-?\d/.test(json);
}
