import { type Readable } from 'node:stream';
import { type FastifyReply } from 'fastify';
import { linkHeader, pageLinks, parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { type RequestAddress } from '../http/request.js';
import { chooseFormat, formatPoints, type PointsRead } from './points-format.js';

/** Sets the headers of an answer with rows, the neighbouring pages and the format that was asked for, and returns its body. */
export function answerPoints<Row extends { readonly micros: number }>(
  read: PointsRead<Row>,
  query: Query,
  { origin, path }: RequestAddress,
  accept: string | undefined,
  reply: FastifyReply,
): Buffer | Readable {
  const link = linkHeader(pageLinks(`${origin}${path}`, query, parsePage(query), read.more));
  if (link !== undefined) void reply.header('link', link);
  const { contentType, body } = formatPoints(read, chooseFormat(query.format, accept));
  void reply.header('content-type', contentType);
  return body;
}
