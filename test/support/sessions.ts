import { randomUUID } from 'node:crypto';
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

/** Creates a session and returns its path. */
export async function newSession(archive: TestArchive, body: object = {}): Promise<string> {
  const path = `${SESSIONS}/${randomUUID()}`;
  await send(archive, 'put', path, { 'test-start': START, ...body }).expect(201);
  return path;
}

/** Registers a stream, in a new session unless one is given, and returns its path. */
export async function newStream(
  archive: TestArchive,
  body: object = { type: 'metric' },
  session?: string,
): Promise<string> {
  const path = `${session ?? (await newSession(archive))}/streams/${randomUUID()}`;
  await send(archive, 'put', path, body).expect(201);
  return path;
}

/** A body of binary columns. */
export function columnsOf(ts: readonly (number | bigint)[], value: readonly number[]): Buffer {
  const body = Buffer.alloc(8 + 8 * ts.length + 8 * value.length);
  body.writeUInt32LE(1, 0);
  body.writeUInt32LE(ts.length, 4);
  ts.forEach((time, index) => body.writeBigInt64LE(BigInt(time), 8 + 8 * index));
  value.forEach((number, index) => body.writeDoubleLE(number, 8 + 8 * ts.length + 8 * index));
  return body;
}
