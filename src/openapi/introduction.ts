/** The introduction of the reference, in Markdown. */
export const DESCRIPTION = `
Marigram is a measurement archive: it keeps the results of network and performance measurements for years. Measurement
hosts register _metadata_ (who measured what between whom) and store _points_; people and programs search the metadata
and read points and summaries. The API is that of esmond, the archive of perfSONAR, so its clients work unchanged.

## Conventions

- Bodies and answers are JSON in UTF-8 (exactly \`application/json\`) unless another format is requested.
- Times are seconds since 1970-01-01 UTC; both ends of every range are inclusive.
- A trailing slash of a path makes no difference.
- If a query parameter is repeated, the last one counts.
- Every URL with GET has HEAD. Every URL answers OPTIONS, and 405 for other methods; every answer has \`Allow\`.
- Scripts of any origin may read (\`Access-Control-Allow-Origin: *\`) and, with a key, write.

## Keys

Reading is open to all unless the admin restricts it; then it needs a key with scope \`read\`. Writing needs the scope
\`write\`, deleting the scope \`admin\`. A key is sent in one of four forms, which the security schemes describe. A write
without a key is 401; one with a key that lacks the scope is 403. An unknown or revoked key is 401 even for reads. Keys
are checked before anything else in a request.

## Errors

Every error is JSON with the same text twice and a stable code: \`{"detail": "…", "error": "…", "code": "…"}\`. The
text names the field and its position, counted from 1. Nothing of the request is stored, except with a 409, which says
what was stored and what existed already. Repeat a request after a 503, \`Retry-After\` seconds later, and after a lost answer:
with an \`Idempotency-Key\` a write gets the same answer again.
`.trim();
