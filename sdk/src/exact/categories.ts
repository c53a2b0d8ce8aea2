/** The most bytes (UTF-8) of a text that is its own label. */
const MOST_BYTES = 1024;

/** The bytes that the label of a longer text begins with, at most: the rest is for its hash. */
const BEGIN_BYTES = 1000;

const encoder = new TextEncoder();
const buffer = new Uint8Array(MOST_BYTES);

/**
 * The label that a text is counted under: the text, where it has at most 1,024 bytes in UTF-8; else its first 1,000
 * bytes, cut at a character, `…`, and the first 16 hexadecimal digits of its SHA-256.
 * @param sha256 the SHA-256 of the text's UTF-8 bytes in hexadecimal digits; called for long texts only.
 */
export function labelOf(text: string, sha256: (text: string) => string): string {
  // A unit of UTF-16 takes at most 3 bytes.
  if (text.length <= MOST_BYTES / 3 || encoder.encodeInto(text, buffer).read === text.length) return text;
  const { read } = encoder.encodeInto(text, buffer.subarray(0, BEGIN_BYTES));
  return `${text.slice(0, read)}…${sha256(text).slice(0, 16)}`;
}

/** Compares labels as their UTF-8 bytes compare, for `sort`: by code points, not by units of UTF-16. */
export function compareLabels(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  for (let at = 0; at < most; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    // Surrogates, which begin characters beyond U+FFFF, are below the units from U+E000 on.
    if (left !== right) return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
