/** The units of times, in nanoseconds. */
const PRECISIONS = {
  ns: 1,
  n: 1,
  us: 1000,
  u: 1000,
  ms: 1_000_000,
  s: 1_000_000_000,
  m: 60_000_000_000,
  h: 3_600_000_000_000,
} as const;

export type Precision = keyof typeof PRECISIONS;

/** Whether a text is the name of a unit. */
export function isPrecision(text: string): text is Precision {
  return Object.hasOwn(PRECISIONS, text);
}

/** InfluxDB's last time; its first is as far before 1970. */
const LAST_NANO = 9_223_372_036_854_775_806n;

/** The digits of 2^53: an integer of more digits is none that a double holds exactly. */
const MAX_EXACT = 16;

/** The most digits of a time that is looked at. */
const MAX_DIGITS = 100;

const MINUS = 0x2d;
const ZERO = 0x30;

/** Reads the times of lines from bytes: micros since 1970, rounded down, and the nanoseconds after them, 0 to 999. */
export class TimeReader {
  /** After `read` the end of the time. */
  position = 0;
  micros = 0;
  nanos = 0;
  private readonly nanosPerUnit: number;

  constructor(
    private readonly bytes: Buffer,
    precision: Precision,
  ) {
    this.nanosPerUnit = PRECISIONS[precision];
  }

  /** Reads the time at `begin`. Returns why the line is refused, in the words of InfluxDB, where there is none. */
  read(begin: number): string | undefined {
    const isNegative = this.bytes[begin] === MINUS;
    const first = isNegative ? begin + 1 : begin;
    let end = first;
    while (this.isDigit(end)) end++;
    this.position = end;
    if (end === first) return 'bad timestamp';
    const split = this.nanosPerUnit === 1 ? Math.max(first, end - 3) : end;
    const micros =
      split - first <= MAX_EXACT ? this.integer(first, split) * Math.max(1, this.nanosPerUnit / 1000) : Infinity;
    if (!Number.isSafeInteger(micros)) return this.readBig(begin, first, end);
    const nanos = this.integer(split, end);
    this.micros = isNegative ? 0 - micros - (nanos > 0 ? 1 : 0) : micros;
    this.nanos = isNegative && nanos > 0 ? 1000 - nanos : nanos;
    return undefined;
  }

  /** Reads a time beyond the integers of a double, near the bounds: it becomes the nearest double. */
  private readBig(begin: number, first: number, end: number): string | undefined {
    const outside = `time outside range -${LAST_NANO} - ${LAST_NANO}`;
    if (end - first > MAX_DIGITS) return outside;
    const nanos = BigInt(this.bytes.toString('latin1', begin, end)) * BigInt(this.nanosPerUnit);
    if (nanos > LAST_NANO || nanos < -LAST_NANO) return outside;
    const micros = nanos / 1000n - (nanos % 1000n < 0n ? 1n : 0n);
    this.micros = Number(micros);
    this.nanos = Number(nanos - micros * 1000n);
    return undefined;
  }

  /** The digits from `begin` to `end` (exclusive); 0 where there is none. */
  private integer(begin: number, end: number): number {
    let integer = 0;
    for (let at = begin; at < end; at++) integer = integer * 10 + (this.bytes[at] ?? ZERO) - ZERO;
    return integer;
  }

  private isDigit(at: number): boolean {
    const digit = (this.bytes[at] ?? 0) - ZERO;
    return digit >= 0 && digit <= 9;
  }
}
