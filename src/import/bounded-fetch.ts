import { ApiError } from 'marigram-client';

/** The longest answer that is read, after decompression. */
const MAX_ANSWER_BYTES = 48 * 1024 ** 2;

/** Redirects in a row that are followed. */
const MAX_REDIRECTS = 5;

/** An answer is longer than 48 MiB; one with fewer rows may fit. */
export class AnswerTooLong extends ApiError {}

/**
 * Fetches from another archive, which is not trusted: redirects are followed on the same host only (also from HTTP to
 * HTTPS), and answers are read up to 48 MiB. Throws an `ApiError` for a redirect elsewhere; a longer body fails with
 * `AnswerTooLong`.
 */
export async function boundedFetch(request: Request): Promise<Response> {
  const { headers, signal } = request;
  let url = request.url;
  for (let hops = 0; ; hops++) {
    const response = await fetch(url, { headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    const isRedirect = response.status >= 300 && response.status < 400 && location !== null;
    if (!isRedirect) return bounded(response, url);
    await response.body?.cancel();
    const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
    const isAllowed = target !== undefined && isSameHost(new URL(url), target) && hops < MAX_REDIRECTS;
    if (!isAllowed) throw redirected(response, url, target?.origin ?? location);
    url = target.href;
  }
}

/** Whether scheme, name and port are the same, or only HTTP became HTTPS, both on their default ports. */
function isSameHost(from: URL, to: URL): boolean {
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === '';
  return from.origin === to.origin || (isUpgrade && from.hostname === to.hostname);
}

function redirected({ status }: Response, url: string, to: string): ApiError {
  const detail = `it redirects to ${to.slice(0, 200)}, which is not followed: import from there if that is the archive`;
  return new ApiError({ status, detail, method: 'GET', url });
}

function bounded(response: Response, url: string): Response {
  if (!response.body) return response;
  let size = 0;
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        size += piece.byteLength;
        if (size <= MAX_ANSWER_BYTES) controller.enqueue(piece);
        else {
          const detail = `an answer of more than ${MAX_ANSWER_BYTES / 1024 ** 2} MiB`;
          controller.error(new AnswerTooLong({ status: response.status, detail, method: 'GET', url }));
        }
      },
    }),
  );
  return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
}
