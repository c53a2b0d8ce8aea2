const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Whether a text, such as a field of TSV, is a decimal number: `-1.5`, `.5`, `+2e-3`. It may be too large for a double. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}
