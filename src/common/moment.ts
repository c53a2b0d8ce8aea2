import { inStorableYears } from './time.js';

/** The grammar of times and durations that people type, for all commands and files. */

const SECONDS_PER: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A date, or a date and time; without a zone it is UTC, as everything that the command line prints. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** The moments that `momentOf` understands, for messages. */
export const MOMENTS =
  'a date such as 2027-01-31 or 2027-01-31T12:00 (in UTC), seconds since 1970, "now", or how long ago: -24h or 30d';

/** The lengths that `lengthOf` understands, for messages. */
export const LENGTHS = 'seconds, or a length such as 90m, 24h, 7d or 2w';

/**
 * A time as the wire has it, in seconds since 1970. Seconds stay as they are written. `-1d` and `-90m` are before now,
 * and so is `1d`; `+1h` is after it. `2027-01-01` and `2027-01-01T12:00:00+01:00` are dates, to the microsecond.
 * `undefined` for what is none of these, for dates that no calendar has, and outside of the years 1 to 9999.
 * @param now in milliseconds.
 */
export function momentOf(text: string, now: number): string | undefined {
  if (/^-?\d+(\.\d{1,6})?$/.test(text)) return text;
  if (text === 'now') return String(Math.floor(now / 1000));
  const ahead = secondsAhead(text, 'ago');
  if (ahead !== undefined) {
    const seconds = Math.floor(now / 1000) + ahead;
    return inStorableYears(seconds) ? String(seconds) : undefined;
  }
  const [, day, time = '00:00', fraction = '', zone = 'Z'] = ISO.exec(text) ?? [];
  if (day === undefined || !isDay(day)) return undefined;
  const seconds = Date.parse(`${day}T${time}${zone.toUpperCase()}`) / 1000;
  return inStorableYears(seconds) ? withFraction(seconds, fraction) : undefined;
}

/**
 * A length with a unit as seconds from now; negative for the past. `undefined` for any other text.
 * @param unsigned which way a length without a sign points.
 */
export function secondsAhead(text: string, unsigned: 'ago' | 'ahead'): number | undefined {
  const [, sign, digits] = /^([+-]?)(\d+[smhdw])$/.exec(text) ?? [];
  const length = digits === undefined ? undefined : lengthOf(digits);
  if (length === undefined) return undefined;
  return sign === '-' || (sign === '' && unsigned === 'ago') ? -length : length;
}

/** Parses a duration to whole seconds: `3600`, `60m`, `1h`, `7d` or `2w`. Returns `undefined` for other texts. */
export function lengthOf(text: string): number | undefined {
  const match = /^(\d{1,10})([smhdw]?)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (SECONDS_PER[match[2] || 's'] ?? 1);
}

/** `Date.parse` takes the 31st of February for a day in March. */
function isDay(day: string): boolean {
  const date = new Date(day);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** Digit by digit: a `Date` has milliseconds only. */
function withFraction(seconds: number, fraction: string): string {
  const micros = Number(fraction.padEnd(6, '0'));
  if (micros === 0) return String(seconds);
  if (seconds >= 0) return `${seconds}.${fraction.replace(/0+$/, '')}`;
  const rest = String(1_000_000 - micros).padStart(6, '0');
  return `-${-seconds - 1}.${rest.replace(/0+$/, '')}`;
}
