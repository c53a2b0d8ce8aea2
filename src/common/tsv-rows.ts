import { BadPart } from './errors.js';

const TAB = 9;
const LF = 10;
const CR = 13;
const QUOTE = 34;

/**
 * The rows of a TSV text, each with the texts of its fields. A row ends with LF or CRLF, the last one may lack it; a CR
 * elsewhere belongs to its field. A field that begins with `"` is quoted as in CSV: it ends at the next single `"`, may
 * hold tabs and ends of lines, and `""` in it stands for `"`. An empty text has no rows, an empty line has one empty field.
 * Throws `BadPart` with the row, counted from 1, where a quote is not closed, or not followed by a tab or an end of line.
 */
export function* tsvRows(text: string): Generator<string[], void, undefined> {
  let at = 0;
  for (let row = 1; at < text.length; row++) {
    const fields: string[] = [];
    for (let isLast = false; !isLast;) {
      const end = text.charCodeAt(at) === QUOTE ? endOfQuoted(text, at, row) : endOfPlain(text, at);
      const stop = text.charCodeAt(end) === CR ? end + 1 : end;
      const field = text.slice(at, end);
      fields.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
      isLast = text.charCodeAt(stop) !== TAB;
      at = stop + 1;
    }
    yield fields;
  }
}

/** Where a field without quotes ends: at a tab, an LF or CRLF, or the end of the text. */
function endOfPlain(text: string, begin: number): number {
  for (let at = begin; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === TAB || code === LF) return code === LF && at > begin && text.charCodeAt(at - 1) === CR ? at - 1 : at;
  }
  return text.length;
}

/** Where a quoted field ends: behind its last quote. */
function endOfQuoted(text: string, begin: number, row: number): number {
  let quote = text.indexOf('"', begin + 1);
  while (quote >= 0 && text.charCodeAt(quote + 1) === QUOTE) quote = text.indexOf('"', quote + 2);
  if (quote < 0) throw new BadPart(`line ${row}`, 'the quote of a field is not closed');
  const end = quote + 1;
  const next = text.charCodeAt(end);
  const isEnd = end === text.length || next === TAB || next === LF || (next === CR && text.charCodeAt(end + 1) === LF);
  if (!isEnd) throw new BadPart(`line ${row}`, 'a quoted field goes on behind its quote');
  return end;
}
