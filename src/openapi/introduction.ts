/** What stands before all operations in the reference, in Markdown. */
export const DESCRIPTION = `
A measurement archive: it keeps the results of network and performance measurements for years. Measurement hosts
register _metadata_ (who measured what between whom) and store _points_; people and programs search the metadata and
read points and summaries. The API is that of esmond, the archive of perfSONAR, so that its clients work unchanged.

## Conventions

- Bodies and answers are JSON in UTF-8 (exactly \`application/json\`) unless another format is asked for.
- Times are seconds since 1970-01-01 UTC; both ends of every range are inclusive.
- A slash at the end of a path makes no difference.
- Of a repeated query parameter the last counts.
- Where there is GET there is HEAD. Every URL answers OPTIONS, and 405 to the methods it lacks; every answer has
  \`Allow\`.
- Scripts of any origin may read (\`Access-Control-Allow-Origin: *\`) and, with a key, write.

## Keys

Reading is open to all, unless the admin closes it; then it takes a key with scope \`read\`. Writing takes the scope
\`write\`, deleting the scope \`admin\`. A key is sent in one of four forms, which are described under the security
schemes. Without a key a write is 401, with one that lacks the scope 403. A key that is unknown or revoked is 401 even
for reads. Keys are checked before anything else of a request is looked at.

## Errors

Every refusal is JSON with the same text twice: \`{"detail": "…", "error": "…"}\`. It names the field and its position,
counted from 1. Nothing of the request is stored then, but for a 409, which says what was stored and what was there
already. A 503 may be tried again after \`Retry-After\` seconds; so may any write whose answer was lost:
with an \`Idempotency-Key\` it gets that answer.
`.trim();
