/** The longest text of the data type string, in bytes of UTF-8. */
const MAX_TEXT_BYTES = 64 * 1024;

/** Whether a text can be a value of the data type string: of at most 64 KiB, well-formed Unicode, without NUL. */
export function isStorableText(text: string): boolean {
  // No character takes more than 3 bytes of UTF-8 for each of its UTF-16 units.
  const fits = 3 * text.length <= MAX_TEXT_BYTES || Buffer.byteLength(text) <= MAX_TEXT_BYTES;
  return fits && !text.includes('\0') && text.isWellFormed();
}
