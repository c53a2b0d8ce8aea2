import { fileURLToPath } from 'node:url';
import { type WirePoint } from './builders.js';

/** A backup that commit 347cc12 made, the last version whose archives and backups had no segments. */
export const FORMAT_1_FILE = fileURLToPath(new URL('../fixtures/backup-format-1.tar.gz', import.meta.url));

const BEGIN = 1_714_521_600;

const ODD = [0.1 + 0.2, 1e300, 5e-324, -1e-7, 2 ** 53 + 2, 1.7976931348623157e308, 0, -0.5];

function points(count: number, step: number, valueOf: (index: number) => unknown): WirePoint[] {
  return Array.from({ length: count }, (_, index) => ({ ts: BEGIN + index * step, val: valueOf(index) }));
}

/** The points in it, as they are read: by event type, in time order. All are of one metadata. */
export const FORMAT_1_POINTS: Readonly<Record<string, WirePoint[]>> = {
  throughput: points(1500, 1800, (i) => 9_000_000_000 + ((i * 7919) % 100_003)),
  'ntp-offset': points(400, 600.25, (i) => ODD[i] ?? Math.round(Math.sin(i) * 1e6) / 1e6),
  'packet-loss-rate': points(600, 300, (i) => (i % 11) / 600),
  'histogram-owdelay': points(400, 60, (i) => ({ [`${10 + (i % 3)}.${i % 10}`]: 590, '2': i % 7, '-0.5': 3 })),
  failures: points(100, 7200, (i) => ({ error: `no route é ${i}`, nested: { 'a"b': [1, 2000] } })),
};
