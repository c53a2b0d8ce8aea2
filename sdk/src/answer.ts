import { ApiError, ConflictError, type Conflict, type Refusal } from './errors.js';
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
export async function accept(request: Request, response: Response): Promise<Response> {
  const wanted = request.method === 'GET' ? 200 : 201;
  const type = (response.headers.get('content-type') ?? 'no type').split(';')[0]?.trim() ?? '';
  if (response.status === wanted && (type === JSON_TYPE || type === NDJSON_TYPE)) return response;
  const text = await response.text();
  const body = parseObject(text);
  const refusal = (detail: string): Refusal => ({
    status: response.status,
    detail,
    method: request.method,
    url: request.url,
    retryAfter: parseRetryAfter(response.headers.get('retry-after')),
    requestId: response.headers.get('x-request-id') ?? undefined,
  });
  if (response.ok)
    throw new ApiError(refusal(`this is no measurement archive: expected ${wanted} with JSON, got ${type}`));
  const detail = [body?.detail, body?.error].find((part) => typeof part === 'string');
  if (response.status === 409) throw conflict(refusal(detail ?? 'some points are there already'), body);
  throw new ApiError(refusal(detail ?? (text.slice(0, SHOWN).trim() || response.statusText)));
}

/** Throws an `ApiError` where an answer in JSON is none of the shape that was asked for. */
export function unlike(what: string, response: Response): ApiError {
  const detail = `this is no measurement archive: expected ${what}`;
  return new ApiError({ status: response.status, detail, method: 'GET', url: response.url });
}

function conflict(refusal: Refusal, body: Record<string, unknown> | undefined): ConflictError {
  const stored = typeof body?.stored === 'number' ? body.stored : undefined;
  const named: unknown[] = Array.isArray(body?.conflicts) ? body.conflicts : [];
  const conflicts = named.flatMap((one): Conflict[] => {
    const { ts, 'event-type': eventType } = (one ?? {}) as Record<string, unknown>;
    return typeof ts === 'number' && typeof eventType === 'string' ? [{ eventType, ts }] : [];
  });
  return new ConflictError(refusal, { stored, conflicts });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
