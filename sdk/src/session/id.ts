import { randomUUID } from 'node:crypto';

/** What an id of a session or a stream may be: it stands in URLs and is the name of files and folders. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9_.@-]{1,128}$/;

/** Lets an id through. Throws a `RangeError` for one that the archive would refuse. */
export function checkId(what: string, id: string): string {
  if (!ID.test(id))
    throw new RangeError(`${what}: expected 1–128 characters of A–Z a–z 0–9 _ . @ -, got ${JSON.stringify(id)}`);
  return id;
}

/** A new id of a session. */
export function newSessionId(): string {
  return `job_${randomUUID()}`;
}

/** A new id of a stream. */
export function newStreamId(): string {
  return randomUUID();
}
