import { ARCHIVE, type TestArchive } from './archive.js';

let count = 0;

/** The body of a metadata POST that no other call has made: a point-to-point metadata with these event types. */
export function newMetadata(eventTypes: readonly (string | object)[] = ['throughput'], more: object = {}): object {
  return {
    'subject-type': 'point-to-point',
    source: '192.0.2.1',
    destination: '192.0.2.2',
    'measurement-agent': '192.0.2.1',
    'tool-name': 'pscheduler/iperf3',
    'input-source': 'ps1.example.net',
    'input-destination': 'ps2.example.net',
    'test-number': ++count,
    'event-types': eventTypes.map((type) => (typeof type === 'string' ? { 'event-type': type } : type)),
    ...more,
  };
}

/** Registers metadata with these event types and returns the path of the metadata, with a slash at its end. */
export async function register(archive: TestArchive, ...eventTypes: (string | object)[]): Promise<string> {
  const { body } = await archive.http
    .post(ARCHIVE)
    .set('authorization', archive.auth)
    .send(newMetadata(eventTypes))
    .expect(201);
  return body.uri;
}

/** A point for a POST. */
export interface WirePoint {
  ts: number | string;
  val: unknown;
}

/** Stores one point; returns the request, to expect something of it. */
export function postPoint(archive: TestArchive, uri: string, eventType: string, point: WirePoint | string) {
  return archive.http
    .post(`${uri}${eventType}/base`)
    .set('authorization', archive.auth)
    .set('content-type', 'application/json')
    .send(typeof point === 'string' ? point : JSON.stringify(point));
}

/** Stores points of one event type by a bulk PUT; returns the request. */
export function putPoints(archive: TestArchive, uri: string, eventType: string, points: readonly WirePoint[]) {
  const data = points.map(({ ts, val }) => ({ ts, val: [{ 'event-type': eventType, val }] }));
  return archive.http.put(uri).set('authorization', archive.auth).send({ data });
}

/** All points of an event type, whenever they are. */
export async function readAll(archive: TestArchive, uri: string, eventType: string): Promise<WirePoint[]> {
  const { body } = await archive.http
    .get(`${uri}${eventType}/base?time-start=-62135596800&time-end=253402300799&limit=1000000`)
    .expect(200);
  return body;
}
