// A load test that is killed: puts rows of known times and values into three streams, and prints how many it has put.
// Arguments: URL, key, session, directory of the spool, start of the session, number of rows.
import console from 'node:console';
import process from 'node:process';
import { ArchiveBackend, dataSession } from 'marigram-client/session';

const [url, apiKey, id, spoolDir, testStart, rows] = process.argv.slice(2);
const ds = await dataSession({ name: 'uploader' }, { id, testStart: Number(testStart), time: 'relative' });
ds.subscribe(new ArchiveBackend({ url, apiKey, spoolDir, chunkRows: 500, flushMs: 20, backoffMs: 20 }));
const kept = ds.newMetric({}, { id: 'kept', aggregate: true });
const summed = ds.newMetric({}, { id: 'summed', aggregate: true, raw: false });
const codes = ds.newEvents({}, { id: 'codes', aggregate: true });

const STEP = 100;
for (let row = 0; row < Number(rows); row += STEP) {
  const numbers = Array.from({ length: STEP }, (_, i) => row + i);
  const points = { ts: numbers.map((n) => n * 1000), value: numbers.map((n) => (n * 7919) % 5000) };
  const texts = { ts: points.ts, value: numbers.map((n) => (n % 10 === 0 ? '502' : '200')) };
  await Promise.all([kept.put(points), summed.put(points), codes.put(texts)]);
  console.log(`put ${row + STEP}`);
}
const { backends } = await ds.close({ timeoutMs: 300_000 });
console.log(`closed ${backends[0].status}`, backends[0].error?.message ?? '');
