import { Readable } from 'node:stream';
import { type Page } from '../common/page.js';
import { type Pieces, readPage, type RowSource, type Slice } from '../postgres/row-source.js';
import { type Format } from './row-format.js';
import { RowWriter, type TimeUnits } from './row-writer.js';

/** A page of rows that has not been read yet. */
export interface RowPage<S extends Slice = Slice> {
  /** `undefined` where there are no rows. */
  readonly source: RowSource<S> | undefined;
  readonly page: Page;
  /** How times are written; in seconds unless given. */
  readonly times?: TimeUnits | undefined;
  /** Writes a slice of the rows; where that may take long, in turns. */
  write(rows: S, writer: RowWriter): void | Promise<void>;
}

/** A page without rows. */
export function emptyPage(page: Page): RowPage {
  return { source: undefined, page, write: () => undefined };
}

/** Rows as text, ready to be sent. */
export interface FormattedRows {
  readonly contentType: string;
  readonly body: Buffer | Readable;
  /** Whether more rows follow the page. */
  readonly more: boolean;
}

/**
 * Reads a page of rows in a format: in one piece where they are few, else as a stream, so that memory stays flat
 * however many there are. A failure in the middle destroys the stream; it never ends the array.
 */
export async function formatRows<S extends Slice>(
  rows: RowPage<S>,
  { contentType, head, tail, ...format }: Format,
): Promise<FormattedRows> {
  const writer = new RowWriter(format, rows.times);
  const textOf = async (slice: S): Promise<Buffer> => {
    await rows.write(slice, writer);
    return writer.take();
  };
  const { pieces, more } = rows.source ? await readPage(rows.source, rows.page, textOf) : { pieces: [], more: false };
  const end = (): Buffer => Buffer.from(tail(writer.any));
  if (isArray(pieces)) return { contentType, more, body: Buffer.concat([Buffer.from(head), ...pieces, end()]) };
  async function* whole(): AsyncGenerator<Buffer> {
    yield Buffer.from(head);
    yield* pieces;
    yield end();
  }
  return { contentType, more, body: Readable.from(whole(), { objectMode: false }) };
}

/** `Array.isArray` does not narrow read-only arrays. */
function isArray<Piece>(pieces: Pieces<Piece>['pieces']): pieces is readonly Piece[] {
  return Array.isArray(pieces);
}
