export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const BLANK = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const COMMA = 0x2c;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

/** Whether a line ends at an index: the body does, or LF or CRLF is there. */
export function isEnd(body: Buffer, at: number): boolean {
  const byte = body[at] ?? LF;
  return byte === LF || (byte === CR && (body[at + 1] ?? LF) === LF);
}

/** The index of the quote that closes a text which begins at an index; the end of the body where there is none. */
export function endOfText(body: Buffer, begin: number): number {
  let at = begin;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, body.length);
}

/**
 * The index of the line feed that ends the line which begins at an index; the end of the body where there is none. A line
 * feed in a text belongs to the text, in a line that is refused as well: what is inside must not become a line.
 */
export function endOfLine(body: Buffer, begin: number): number {
  let isBehindHead = false;
  let isValue = false;
  for (let at = begin; at < body.length; at++) {
    const byte = body[at];
    if (byte === LF) return at;
    if (byte === QUOTE && isValue) at = endOfText(body, at + 1);
    else if (byte === BACKSLASH && body[at + 1] !== LF) at++;
    isBehindHead ||= byte === BLANK;
    isValue = byte === EQUALS && isBehindHead;
  }
  return body.length;
}
