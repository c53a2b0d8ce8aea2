/** A text as a field of a line: in quotes, which are doubled, where it holds the separator, a quote or a line break. */
export function field(text: string, separator: string): string {
  const isPlain = !text.includes(separator) && !/["\r\n]/.test(text);
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
}
