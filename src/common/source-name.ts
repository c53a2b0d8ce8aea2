import { canonicalAddress } from './address.js';

/** The longest name of a source, in characters. */
const MAX_LENGTH = 128;

/** A text meant as an address or a range: numbers with dots between them, or something like an IPv6 address. */
const LIKE_ADDRESS = /^\d+(\.\d+)+\.?([/%].*)?$|::|^([\da-f]{1,4}:){7}/i;

/**
 * Whether a text can be the name of a source that has no address: `web01`, `rack 3, top`. A malformed
 * address is a mistake, not a name.
 */
export function isSourceName(text: string): boolean {
  if (text === '' || text !== text.trim() || Array.from(text).length > MAX_LENGTH) return false;
  return canonicalAddress(text) === undefined && !LIKE_ADDRESS.test(text);
}
