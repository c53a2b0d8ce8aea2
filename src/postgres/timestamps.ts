/** 2000-01-01 in micros: where PostgreSQL's timestamps begin. */
export const POSTGRES_EPOCH = 946_684_800_000_000;

/**
 * Micros as a timestamp that PostgreSQL reads exactly, for statement parameters; infinity is PostgreSQL's.
 * The result is a text, because a `Date` has only milliseconds.
 */
export function timestampOf(micros: number): string {
  if (!Number.isFinite(micros)) return micros < 0 ? '-infinity' : 'infinity';
  // The remainder is exact even where doubles are farther apart than a micro; differences and quotients are not.
  const remainder = ((micros % 1000) + 1000) % 1000;
  const date = new Date(Math.round((micros - remainder) / 1000));
  const rest = String(remainder).padStart(3, '0');
  const iso = date.toISOString();
  const year = date.getUTCFullYear();
  // JavaScript has a year 0, signs and six digits where PostgreSQL has BC: bins of long windows begin there.
  const years = String(year < 1 ? 1 - year : year).padStart(4, '0');
  return `${years}${iso.slice(iso.indexOf('-', 1), -1)}${rest}Z${year < 1 ? ' BC' : ''}`;
}

/** An SQL expression for a timestamp as micros: a double, exact until the year 2255 and for every whole second. */
export function microsOf(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000000)::float8`;
}
