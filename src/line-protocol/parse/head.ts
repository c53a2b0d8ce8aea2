/** The part of a line before its first blank: which series of fields it is about. */
export interface Head {
  readonly measurement: string;
  /** Sorted by key, in the order of code units. */
  readonly tags: readonly (readonly [key: string, value: string])[];
}

/** The most bytes of a measurement, and of the key of a tag or field. */
export const MAX_NAME = 1024;

const MAX_TAG_VALUE = 4096;

/** The most bytes of a measurement with all of its tags, as they stand in the line. */
const MAX_HEAD = 65_536;

/**
 * Reads `measurement,key=value,…`. A comma, blank or equals sign behind a backslash belongs to the name, and other
 * backslashes stay, two of them as well.
 *
 * @param text its bytes as characters, one each (`latin1`): names are UTF-8.
 * @returns why the line is refused, in the words of InfluxDB, where it is no head.
 */
export function parseHead(text: string): Head | string {
  if (text === '' || text.startsWith(',')) return 'missing measurement';
  if (text.length > MAX_HEAD) return tooLong('max key size exceeded', text.length, MAX_HEAD);
  let at = endOfName(text, 0, ',');
  if (at > MAX_NAME) return tooLong('max key size exceeded', at, MAX_NAME);
  const measurement = nameOf(text.slice(0, at));
  const tags: [string, string][] = [];
  while (at < text.length) {
    const key = at + 1;
    const equals = endOfName(text, key, '=,');
    if (key >= text.length || text[key] === ',' || text[key] === '=') return 'missing tag key';
    const value = equals + 1;
    if (text[equals] !== '=' || value >= text.length || text[value] === ',') return 'missing tag value';
    at = endOfName(text, value, '=,');
    if (text[at] === '=') return 'invalid tag format';
    if (equals - key > MAX_NAME) return tooLong('max key size exceeded', equals - key, MAX_NAME);
    if (at - value > MAX_TAG_VALUE) return tooLong('max key size exceeded', at - value, MAX_TAG_VALUE);
    tags.push([nameOf(text.slice(key, equals)), nameOf(text.slice(value, at))]);
  }
  tags.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  if (tags.some(([key], index) => key === tags[index - 1]?.[0])) return 'duplicate tags';
  return { measurement, tags };
}

/** Why something too long is refused. */
export function tooLong(what: string, length: number, most: number): string {
  return `${what}: ${length} > ${most}`;
}

/** A name without the backslashes that escape. @param text its bytes as characters, one each (`latin1`). */
export function nameOf(text: string): string {
  const name = Buffer.from(text, 'latin1').toString('utf8');
  return name.includes('\\') ? name.replace(/\\([,= ])/g, '$1') : name;
}

/**
 * The index of the first of these characters without a backslash before it; the length of the text where there is none.
 * The first character of a name is never one of them.
 */
function endOfName(text: string, begin: number, ends: string): number {
  let at = begin + 1;
  while (at < text.length && !(ends.includes(text.charAt(at)) && text[at - 1] !== '\\')) at++;
  return Math.min(at, text.length);
}
