/** A double as Python's `repr` writes it: it reads the same double, and shows that it is one (`29917.0`, `1e+16`). */
export function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  // Between these, JavaScript writes the same digits in the same way.
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`;
}

/** A text as a field of TSV, as Python's `csv` writes it: quoted where it has to be. */
export function tsvField(text: string): string {
  return /[\t"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** JSON as Python's `json.dumps` with an indent of 4 and sorted keys. */
export function sortedJson(value: object): string {
  const sorted = (_key: string, member: unknown): unknown =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member;
  return `${JSON.stringify(value, sorted, 4)}\n`;
}
