/**
 * Micros as a timestamp that PostgreSQL reads exactly, for statement parameters; infinity is PostgreSQL's.
 * The result is a text, because a `Date` has only milliseconds.
 */
export function timestampOf(micros: number): string {
  if (!Number.isFinite(micros)) return micros < 0 ? '-infinity' : 'infinity';
  const milliseconds = Math.floor(micros / 1000);
  const rest = String(micros - milliseconds * 1000).padStart(3, '0');
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}

/** An SQL expression for a timestamp as micros: a double, exact until the year 2255 and for every whole second. */
export function microsOf(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000000)::float8`;
}
