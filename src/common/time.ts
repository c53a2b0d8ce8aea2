/**
 * Inside the program a time is an integer number of microseconds since 1970-01-01 UTC ("micros"); on the wire it is
 * seconds. A double holds every microsecond until the year 2255 and every whole second of the years 1 to 9999.
 */
export const MICROS_PER_SECOND = 1_000_000;

/** Micros in seconds; `null` stays `null`. */
export function secondsOf(micros: number): number;
export function secondsOf(micros: number | null): number | null;
export function secondsOf(micros: number | null): number | null {
  return micros === null ? null : micros / MICROS_PER_SECOND;
}

/** 0001-01-01T00:00:00Z in seconds: the first second that can be stored. */
export const FIRST_SECOND = -62_135_596_800;

/** 9999-12-31T23:59:59Z in seconds: the last second that can be stored. */
export const LAST_SECOND = 253_402_300_799;

/** The last time of the year 9999 that a double of micros can tell from the year 10000. */
export const LAST_MICRO = (LAST_SECOND + 1) * MICROS_PER_SECOND - 64;

/** Whether a time in seconds lies in the years 1 to 9999; the last second counts to its end. */
export function inStorableYears(seconds: number): boolean {
  return seconds >= FIRST_SECOND && seconds < LAST_SECOND + 1;
}

/** Micros as the wire shows them: whole seconds as an integer, anything else as a decimal (`1714557600.25`). */
export function formatSeconds(micros: number): string {
  const fraction = Math.abs(micros % MICROS_PER_SECOND);
  if (fraction === 0) return String(micros / MICROS_PER_SECOND);
  const whole = Math.floor(Math.abs(micros) / MICROS_PER_SECOND);
  const digits = String(fraction).padStart(6, '0').replace(/0+$/, '');
  return `${micros < 0 ? '-' : ''}${whole}.${digits}`;
}
