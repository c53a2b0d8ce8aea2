import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type FastifyRequest } from 'fastify';
import { Invalid, TooLarge, UnsupportedMediaType } from '../common/errors.js';
import { type StepOf } from './steps.js';

/** Whether the body of a request is compressed, on a route that unpacks it: see the rule `gzip`. */
export function isPacked(request: FastifyRequest): boolean {
  return encodingOf(request.headers) === 'gzip' && request.routeOptions.config.gzip === true;
}

/** Refuses bodies with another encoding than gzip before they are read, on routes that unpack them. */
export const checkContentEncoding: StepOf = ({ config }) => {
  if (config?.gzip !== true) return undefined;
  return ({ headers }) => {
    const encoding = encodingOf(headers);
    if (!['', 'identity', 'gzip'].includes(encoding))
      throw new UnsupportedMediaType(`Content-Encoding: expected gzip, got ${JSON.stringify(encoding)}`);
  };
};

/**
 * Unpacks a gzip body. Fails with `Invalid` where it is none, and with `TooLarge` as soon as it is larger than the limit
 * (bytes); nothing more is unpacked then.
 */
export function unpacked(body: Readable, limit: number): Readable {
  return Readable.from(unpack(body, limit), { objectMode: false });
}

async function* unpack(body: Readable, limit: number): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip();
  body.on('error', (error) => gunzip.destroy(error));
  let length = 0;
  try {
    for await (const chunk of body.pipe(gunzip) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw new TooLarge();
      yield chunk;
    }
  } catch (error) {
    throw isZlibError(error) ? new Invalid(`Content-Encoding: the body is not gzip (${error.message})`) : error;
  } finally {
    // After a refusal the connection must stay open for the response, and for the next request.
    body.unpipe(gunzip);
    gunzip.destroy();
    body.resume();
  }
}

function encodingOf(headers: FastifyRequest['headers']): string {
  return (headers['content-encoding'] ?? '').trim().toLowerCase();
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}
