/** A time in a call: a `Date`, or seconds since 1970-01-01 UTC with up to six decimals. */
export type Time = number | Date;

const MICROS = 1_000_000;

/**
 * Seconds of the wire as a whole number of microseconds. Whole seconds and fraction apart, because the product of
 * both is off by one at times from 2106 on; this is exact as long as a double can tell microseconds of seconds
 * apart, until 2242. (A text goes further, see below.)
 */
export function microsOf(seconds: number): number {
  const whole = Math.floor(seconds);
  return whole * MICROS + Math.round((seconds - whole) * MICROS);
}

/** The same from the digits themselves: exact as long as a double holds every microsecond, until 2255. */
export function microsOfDigits(whole: string, fraction: string): number {
  const micros = Math.abs(Number(whole)) * MICROS + Number(fraction.padEnd(6, '0'));
  return whole.startsWith('-') ? -micros : micros;
}

/** Microseconds as a decimal number of seconds, without exponent; whole seconds have no decimal point. */
export function secondsText(micros: number): string {
  const fraction = Math.abs(micros % MICROS);
  const whole = Math.floor(Math.abs(micros) / MICROS);
  const digits = String(fraction).padStart(6, '0').replace(/0+$/, '');
  return `${micros < 0 ? '-' : ''}${whole}${digits === '' ? '' : '.'}${digits}`;
}

/** A time of a call in seconds. Throws a `RangeError` for an invalid date and for what is no finite number. */
export function secondsOf(time: Time): number {
  const seconds = time instanceof Date ? time.getTime() / 1000 : time;
  if (!Number.isFinite(seconds)) throw new RangeError(`expected a time, got ${String(time)}`);
  return seconds;
}
