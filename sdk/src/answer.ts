import { ApiError, ConflictError, DroppedError, type Conflict, type Refusal } from './errors.js';
import { parseRetryAfter } from './retry.js';

/** The media types that the archive answers in. */
const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';

/** How much is shown of an answer that is no JSON. */
const SHOWN = 200;

/**
 * Lets an answer through that is a success; throws an `ApiError` for any other: a refusal, but also a success that no
 * archive would give, such as the page of a proxy, or a write that was redirected and became a read.
 */
export async function accept(
  request: Request,
  response: Response,
  wanted: readonly number[] = ['POST', 'PUT'].includes(request.method) ? [201] : [200],
): Promise<Response> {
  const type = (response.headers.get('content-type') ?? 'no type').split(';')[0]?.trim() ?? '';
  const isOurs = response.status === 204 || type === JSON_TYPE || type === NDJSON_TYPE;
  if (wanted.includes(response.status) && isOurs) return response;
  const text = await response.text();
  const body = parseObject(text);
  const refusal = (detail: string): Refusal => ({
    status: response.status,
    code: typeof body?.code === 'string' ? body.code : undefined,
    detail,
    method: request.method,
    url: request.url,
    retryAfter: parseRetryAfter(response.headers.get('retry-after')),
    requestId: response.headers.get('x-request-id') ?? undefined,
  });
  if (response.ok)
    throw new ApiError(
      refusal(`this is no measurement archive: expected ${wanted.join(' or ')} with JSON, got ${type}`),
    );
  const detail = [body?.detail, body?.error, body?.message].find((part) => typeof part === 'string');
  const { stored, conflicts } = body ?? {};
  if (response.status === 409 && typeof stored === 'number' && Array.isArray(conflicts))
    throw new ConflictError(refusal(detail ?? 'some points are there already'), {
      stored,
      dropped: DroppedError.of(response.headers)?.dropped ?? 0,
      conflicts: conflicts.flatMap(conflictOf),
    });
  throw new ApiError(refusal(detail ?? (text.slice(0, SHOWN).trim() || response.statusText)));
}

/** The error for an answer in JSON that does not have the shape that was asked for. */
export function unlike(what: string, response: Response, method: 'GET' | 'POST' = 'GET'): ApiError {
  const detail = `this is no measurement archive: expected ${what}`;
  return new ApiError({ status: response.status, detail, method, url: response.url });
}

function conflictOf(named: unknown): Conflict[] {
  const { ts, 'event-type': eventType } = (named ?? {}) as Record<string, unknown>;
  return typeof ts === 'number' && typeof eventType === 'string' ? [{ eventType, ts }] : [];
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
