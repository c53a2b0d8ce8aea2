import { type TestArchive } from './archive.js';

export const SESSIONS = '/api/v1/sessions';

/** When the sessions of the tests begin, in micros: that of netort's own example. */
export const START = 1574164720249248;

/** Sends JSON with the archive's write key; returns the request, to expect something of it. */
export function send(
  archive: TestArchive,
  method: 'put' | 'post' | 'patch' | 'delete',
  path: string,
  body?: object | string,
) {
  const request = archive.http[method](path).set('authorization', archive.auth);
  return body === undefined ? request : request.set('content-type', 'application/json').send(body);
}
