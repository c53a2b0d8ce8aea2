/**
 * A load test of B7: puts response times into a stream that keeps their summaries alone, as fast as the clock goes. Prints
 * `ready`, begins at the time of the first message, in µs since 1970, and prints `closed complete` once all is stored.
 * Arguments: the server's origin, a key, the id of the session, a directory for the spool, seconds, points a second.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArchiveBackend, dataSession } from 'marigram-client/session';
import { responseTime } from './stream-points.js';

/** How often points are put, in a second. */
const TICKS = 10;

const [url = '', apiKey = '', id = '', spoolDir = '', ...numbers] = process.argv.slice(2);
const [seconds = 0, perSecond = 0] = numbers.map(Number);

// A second of points, over and over: making them is not what is measured.
const values = Float64Array.from({ length: perSecond }, (_, row) => Number(responseTime(0, row)));
const ofTick = perSecond / TICKS;

console.log('ready');
const [testStart] = (await once(process, 'message')) as [number];
const session = await dataSession({ name: 'B7' }, { id, testStart, time: 'relative' });
session.subscribe(new ArchiveBackend({ url, apiKey, spoolDir, storeRaw: false }));
const stream = session.newMetric({ name: 'latency' }, { aggregate: true });
for (let tick = 0; tick < seconds * TICKS; tick++) {
  const due = testStart / 1000 + ((tick + 1) * 1000) / TICKS;
  if (due > Date.now()) await sleep(due - Date.now());
  const ts = Float64Array.from({ length: ofTick }, (_, index) => ((tick * ofTick + index) * 1e6) / perSecond);
  const from = (tick % TICKS) * ofTick;
  await stream.put({ ts, value: values.subarray(from, from + ofTick) });
}
const { backends } = await session.close({ timeoutMs: 60_000 });
console.log(`closed ${backends[0]?.status ?? ''}`);
process.disconnect();
