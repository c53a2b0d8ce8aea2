const SECONDS_PER: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A date, or a date and time; without a zone it is UTC, as everything that the command line prints. */
const ISO = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * A time as the wire has it, in seconds since 1970: seconds stay as they are written; `-1d` and `-90m` are before now,
 * `+1h` is after it; `2027-01-01` and `2027-01-01T12:00:00+01:00` are dates. `undefined` for what is none of these.
 * @param now in milliseconds.
 */
export function momentOf(text: string, now: number): string | undefined {
  if (/^-?\d+(\.\d{1,6})?$/.test(text)) return text;
  if (text === 'now') return String(Math.floor(now / 1000));
  const relative = /^([+-])(\d.*)$/.exec(text);
  if (relative) {
    const length = lengthOf(relative[2] ?? '');
    return length === undefined ? undefined : String(Math.floor(now / 1000) + (relative[1] === '-' ? -length : length));
  }
  if (!ISO.test(text)) return undefined;
  const iso = text.replace(' ', 'T');
  const milliseconds = Date.parse(iso.length === 10 || /(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(milliseconds) ? undefined : String(milliseconds / 1000);
}

/** A length of time in whole seconds: `3600`, `60m`, `1h`, `7d` or `2w`. `undefined` for what is none. */
export function lengthOf(text: string): number | undefined {
  const match = /^(\d{1,10})([smhdw]?)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (SECONDS_PER[match[2] || 's'] ?? 1);
}
