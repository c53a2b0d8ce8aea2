import { type Readable } from 'node:stream';
import { type FastifyReply } from 'fastify';
import { linkHeader, pageLinks, parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { type RequestAddress } from '../http/request.js';
import { type Slice } from '../postgres/row-source.js';
import { chooseFormat, formatPoints, type PointsRead } from './points-format.js';

/** Reads the page that a query asks for, sets the headers of its format and its neighbours, and returns the body. */
export async function answerPoints<S extends Slice>(
  read: PointsRead<S>,
  query: Query,
  { origin, path }: RequestAddress,
  accept: string | undefined,
  reply: FastifyReply,
): Promise<Buffer | Readable> {
  const page = parsePage(query);
  const { contentType, body, more } = await formatPoints(read, page, chooseFormat(query.format, accept));
  const link = linkHeader(pageLinks(`${origin}${path}`, query, page, more));
  if (link !== undefined) void reply.header('link', link);
  void reply.header('content-type', contentType);
  return body;
}
