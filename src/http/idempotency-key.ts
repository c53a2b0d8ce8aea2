import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { named, type Parameter } from '../common/api-docs.js';
import { Invalid } from '../common/errors.js';
import { pathOf, queryOf } from './request.js';
import { refusal } from './error-responses.js';

/** The `Idempotency-Key` of a retryable write. */
export interface RequestKey {
  readonly key: string;
  /** SHA-256 of method, path, query and body: tells a retry from another request. */
  readonly digest: Buffer;
}

const HEADER = 'Idempotency-Key';

/** Visible ASCII characters. Node joins repeated headers with a space, which is not one. */
const FORM = /^[\x21-\x7e]{1,255}$/;

/** The key of a write; `undefined` where it has none. Throws `Invalid` where it is malformed. */
export const IdempotencyKey = createParamDecorator((_: undefined, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const key = request.headers['idempotency-key'];
  return key === undefined ? undefined : requestKey(key, request);
});

function requestKey(key: string | string[], request: FastifyRequest): RequestKey {
  if (typeof key !== 'string' || !FORM.test(key))
    throw new Invalid(`${HEADER}: expected 1 to 255 visible ASCII characters, without spaces`);
  // A write is answered in one format only.
  const { format: _, ...asked } = queryOf(request);
  const query = new URLSearchParams(asked).toString();
  const hash = createHash('sha256').update(
    `${request.method} ${pathOf(request).replace(/\/+$/, '')}${query ? `?${query}` : ''}\n`,
  );
  // Bodies of writes are not parsed.
  const body = request.body as Buffer | undefined;
  return { key, digest: (body ? hash.update(body) : hash).digest() };
}

/** The header in the reference. */
export const KEY_HEADER: Parameter = named('IdempotencyKey', {
  name: HEADER,
  in: 'header',
  required: false,
  description:
    'A name for this request, such as a random UUID. For 24 hours, the same caller gets the answer of the first request ' +
    'with this name again (201 or 409), and nothing is stored a second time; a request that is refused otherwise does ' +
    'not use the name up. A repeat that comes while the first one is under way waits for it.',
  schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
});

/** The refusal of a key that was used for another request. */
export const KEY_REUSED = refusal(
  'KeyReused',
  'key-reused',
  'The `Idempotency-Key` was used for another request, with another method, path, query or body, in the last 24 hours. Nothing ' +
    'was stored. Or a bin of `categories` would count more than 100,000 different values (`too-many-categories`).',
  'Idempotency-Key: this key was used for another request',
);
