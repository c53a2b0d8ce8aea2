import { gzipSync } from 'node:zlib';
import { type WireRequest } from './http-connection.js';
import { type BenchPoint, STEP, type ValueMaker } from './points.js';

/** Lines of a workload: each body has one for each host, with all its fields, at a time of its own. */
export interface LineSpec {
  /** Where they go; no two workloads share one. */
  readonly database: string;
  readonly hosts: number;
  /** Of a line. Each field of a host is a series of its own. */
  readonly fields: number;
  /** The time of the first body, in seconds since 1970. */
  readonly begin: number;
  readonly value: ValueMaker;
}

/** The points of the nth body: hosts from `first` on, `count` of them, all unless given. */
export function linePoints(spec: LineSpec, position: number, first = 0, count = spec.hosts): BenchPoint[] {
  const { fields, begin, value } = spec;
  return Array.from({ length: count * fields }, (_, index) => {
    const series = first * fields + index;
    return { series, seconds: begin + position * STEP, ...value(series, position) };
  });
}

/** The line protocol of points that `linePoints` has made; their times are in nanoseconds. */
export function linesOf({ fields }: LineSpec, points: readonly BenchPoint[]): string {
  const lines: string[] = [];
  for (let at = 0; at < points.length; at += fields) {
    const { series = 0, seconds = 0 } = points[at] ?? {};
    const values = points.slice(at, at + fields).map(({ value }, field) => `field_${field}=${String(value)}`);
    lines.push(`bench,host=web${series / fields},region=eu ${values.join(',')} ${seconds}000000000\n`);
  }
  return lines.join('');
}

/** The request that writes lines to a database. */
export function lineRequest(database: string, lines: string, key: string, isPacked = false): WireRequest {
  const write = { method: 'POST', path: `/write?db=${database}`, key, contentType: 'text/plain' };
  return isPacked ? { ...write, body: gzipSync(lines), contentEncoding: 'gzip' } : { ...write, body: lines };
}
