import { Readable } from 'node:stream';
import { type Page } from '../common/page.js';
import { type Pieces, readPage, type RowSource, type Slice } from '../postgres/row-source.js';
import { type RowFormat, RowWriter } from './row-writer.js';

/** How points are written as text. */
interface Format extends RowFormat {
  readonly contentType: string;
  readonly head: string;
  /** What follows the rows; `any` tells whether there was one. */
  readonly tail: (any: boolean) => string;
}

const lineEnd = (any: boolean): string => (any ? '\n' : '');
const asIs = (json: string): string => json;
const quoted = (json: string): string => (isNumber(json) ? json : `"${json.replaceAll('"', '""')}"`);

const OBJECT = { open: '{"ts":', middle: ',"val":', close: '}', quote: asIs };

const FORMATS = {
  json: { ...OBJECT, contentType: 'application/json', head: '[', separator: ',', tail: () => ']' },
  csv: {
    contentType: 'text/csv; charset=utf-8',
    head: 'ts,val\n',
    ...{ open: '', middle: ',', close: '', separator: '\n', quote: quoted },
    tail: lineEnd,
  },
  ndjson: { ...OBJECT, contentType: 'application/x-ndjson', head: '', separator: '\n', tail: lineEnd },
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
export interface PointsRead<S extends Slice> {
  /** `undefined` where there are none. */
  readonly source: RowSource<S> | undefined;
  write(rows: S, writer: RowWriter): void;
}

/** Rows as text, ready to be sent. */
export interface FormattedPoints {
  readonly contentType: string;
  readonly body: Buffer | Readable;
  /** Whether more rows follow the page. */
  readonly more: boolean;
}

/**
 * Reads a page of rows in a format: in one piece where they are few, else as a stream, so that memory stays flat
 * however many there are. A failure in the middle destroys the stream; it never ends the array.
 */
export async function formatPoints<S extends Slice>(
  read: PointsRead<S>,
  page: Page,
  name: FormatName,
): Promise<FormattedPoints> {
  const { contentType, head, tail, ...format }: Format = FORMATS[name];
  const writer = new RowWriter(format);
  const textOf = (slice: S): Buffer => {
    read.write(slice, writer);
    return writer.take();
  };
  const { pieces, more } = read.source ? await readPage(read.source, page, textOf) : { pieces: [], more: false };
  const end = (): Buffer => Buffer.from(tail(writer.any));
  if (isArray(pieces)) return { contentType, more, body: Buffer.concat([Buffer.from(head), ...pieces, end()]) };
  async function* whole(): AsyncGenerator<Buffer> {
    yield Buffer.from(head);
    yield* pieces;
    yield end();
  }
  return { contentType, more, body: Readable.from(whole(), { objectMode: false }) };
}

/** `Array.isArray` does not tell read-only arrays. */
function isArray<Piece>(pieces: Pieces<Piece>['pieces']): pieces is readonly Piece[] {
  return Array.isArray(pieces);
}

function isNumber(json: string): boolean {
  return /^-?\d/.test(json);
}
