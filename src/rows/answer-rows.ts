import { type Readable } from 'node:stream';
import { type FastifyReply } from 'fastify';
import { pageLinks, setLink } from '../http/page-links.js';
import { type RequestAddress } from '../http/request.js';
import { type Slice } from '../postgres/row-source.js';
import { type Format } from './row-format.js';
import { formatRows, type RowPage } from './row-page.js';

/** Reads a page of rows, sets the headers of its format and its neighbours, and returns the body. */
export async function answerRows<S extends Slice>(
  rows: RowPage<S>,
  format: Format,
  address: RequestAddress,
  reply: FastifyReply,
): Promise<Buffer | Readable> {
  const { contentType, body, more } = await formatRows(rows, format);
  setLink(reply, pageLinks(address, rows.page, more));
  void reply.header('content-type', contentType);
  return body;
}
