import { binaryOf, quotientOf, readNumeric, readTimestamp } from '../../postgres/binary-decoding.js';

/** A bin and the number that is the value of its summary. */
export interface BinQuotient {
  /** The begin of the bin, in micros. */
  readonly micros: number;
  /** `undefined` where the bin does not have it. */
  readonly value: number | undefined;
}

/**
 * An SQL aggregate of rows with `bin`, `dividend` and `divisor` (a numeric each, the first of them may be null) into one
 * text, which `binQuotients` reads. One row for each bin costs twice as much: of 720 bins 0.87 ms instead of
 * 0.37, as one text of decimal numbers 0.55.
 */
export const QUOTIENTS_OF_BINS = `encode(string_agg(
  timestamptz_send(bin) || numeric_send(coalesce(dividend, 'NaN')) || numeric_send(divisor), ''), 'base64')`;

/** The bins with their quotients, each the double nearest to the exact one. */
export function binQuotients(text: string | null): BinQuotient[] {
  const bytes = binaryOf(text);
  const bins: BinQuotient[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const micros = readTimestamp(bytes, at);
    const dividend = readNumeric(bytes, at + 8);
    const divisor = readNumeric(bytes, at + 8 + dividend.size);
    const isKnown = dividend.digits !== undefined && divisor.digits !== undefined;
    // An empty bin has no quotient: 0 ÷ 0 is no JSON.
    const isSomething = isKnown && divisor.digits !== 0;
    bins.push({ micros, value: isSomething ? quotientOf(dividend, divisor) : undefined });
    at += 8 + dividend.size + divisor.size;
  }
  return bins;
}
