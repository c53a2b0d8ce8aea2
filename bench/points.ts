/** A point as the bench makes it: a number, or a document as JSON text. */
export interface BenchPoint {
  /** The position of its metadata in its family. */
  readonly series: number;
  /** Since 1970; those of streams have micros. */
  readonly seconds: number;
  readonly value: number | null;
  readonly document: string | null;
}

/** Makes the value of a point from its position in the series. */
export type ValueMaker = (series: number, position: number) => Pick<BenchPoint, 'value' | 'document'>;

/** The first of January of a year, in seconds since 1970. */
export const newYear = (year: number): number => Date.UTC(year) / 1000;

/** One point a minute. */
export const STEP = 60;

/** The points of one body: consecutive ones of one series. */
export function consecutive(
  make: ValueMaker,
  series: number,
  begin: number,
  position: number,
  count: number,
): BenchPoint[] {
  return Array.from({ length: count }, (_, index) => {
    const at = position + index;
    return { series, seconds: begin + at * STEP, ...make(series, at) };
  });
}

/** Bits per second between 9 and 10 Gbit/s, as throughput tests find them. */
export function throughput(series: number, position: number): Pick<BenchPoint, 'value' | 'document'> {
  return { value: 9_000_000_000 + (((series + 1) * 7919 + position * 104_729) % 1_000_000) * 1000, document: null };
}

/** A delay in ms with three decimals, as pings find it: some 20 ms, 4 more at noon, and jitter below 1.024 ms. */
export function delay(series: number, position: number): Pick<BenchPoint, 'value' | 'document'> {
  const hour = Math.floor(((position * STEP) % 86_400) / 3600);
  const jitter = scrambled(series * 8191 + position) >>> 22;
  return { value: (24_000 - Math.abs(12 - hour) * 333 + jitter) / 1000, document: null };
}

/** Scrambles 32 bits, so that neighbours have nothing in common and can't be compressed: the end of MurmurHash3. */
export function scrambled(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** 20 buckets of delays of some 40 ms, of 100 packets or a few more. */
export function delays(series: number, position: number): Pick<BenchPoint, 'value' | 'document'> {
  const lowest = 400 + ((series * 31 + position * 17) % 8);
  const buckets = Array.from(
    { length: 20 },
    (_, index) => `"${((lowest + index) / 10).toFixed(1)}":${1 + ((position + index * index) % 9)}`,
  );
  return { value: null, document: `{${buckets.join(',')}}` };
}

/** The body of a bulk PUT. */
export function bulkBody(eventType: string, points: readonly BenchPoint[]): string {
  const items = points.map(
    ({ seconds, value, document }) =>
      `{"ts":${seconds},"val":[{"event-type":"${eventType}","val":${document ?? String(value)}}]}`,
  );
  return `{"data":[${items.join(',')}]}`;
}
