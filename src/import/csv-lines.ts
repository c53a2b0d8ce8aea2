import { Readable } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import { BadPart, Invalid } from '../common/errors.js';
import { type JsonSlice, parseSlice } from '../json/json-text.js';
import { type BadLine, columnOf, type FileLine, lineOr, POINT_COLUMNS, recordOf } from './file-line.js';
import { notUtf8, withoutMark } from './utf8-lines.js';

/** A number as JSON has it. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Separators that are not supported, with their names for messages. */
const SEPARATORS = [
  [';', '";"'],
  ['\t', 'a tab'],
  ['|', '"|"'],
] as const;

/** The length of a quoted text in messages. */
const MAX_SHOWN_CHARACTERS = 60;

/**
 * The points of a CSV stream with a header line. Its columns are `event-type`, `ts`, `val` and the fields of the
 * metadata. Values other than numbers are JSON, quoted as in RFC 4180, as the archive itself writes CSV. Throws
 * `Invalid` for a header that lacks one of the three columns or has an invalid name.
 */
export async function* csvLines(input: Readable): AsyncGenerator<FileLine, void, undefined> {
  const broken: BadLine[] = [];
  const parser = parse({
    columns: checkHeader,
    info: true,
    // One character for each byte: the parser would replace bytes that are not UTF-8 by U+FFFD.
    encoding: 'latin1',
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      broken.push({ kind: 'bad', line: Number(error?.['lines'] ?? 0), problem: error?.message ?? 'no CSV' });
      return undefined;
    },
  });
  const bytes = Readable.from(withoutMark(input));
  bytes.on('error', (error) => parser.destroy(error));
  for await (const { info, record } of bytes.pipe(parser) as AsyncIterable<{
    info: Info;
    record: Record<string, string>;
  }>) {
    // The parser reads ahead.
    while (broken[0] && broken[0].line < info.lines) yield* broken.splice(0, 1);
    yield* lineOr(info.lines, () => [recordOf(info.lines, Object.entries(record).map(valueOf))]);
  }
  yield* broken;
}

function checkHeader(header: string[]): string[] {
  const found = header.map(decode);
  const [only = ''] = found;
  for (const [separator, name] of SEPARATORS)
    if (found.length === 1 && only.includes(separator))
      throw new Invalid(`the columns of the CSV are separated by ${name}: write it with commas`);
  const columns = found.map(columnOf);
  columns.forEach((column, index) => {
    if (column === '') throw new Invalid(`column ${index + 1} of the CSV has no name: name it, or leave it out`);
    if (columns.indexOf(column) < index) throw new Invalid(`the CSV has two columns ${column}`);
  });
  for (const name of POINT_COLUMNS)
    if (!columns.includes(name))
      throw new Invalid(`the header of the CSV has no column ${name}: it has ${columns.join(', ').slice(0, 500)}`);
  return columns;
}

function valueOf([name, field]: [string, string]): readonly [string, JsonSlice] {
  const text = decode(field);
  if (name === 'val') return [name, parseValue(text)];
  if (name === 'ts' && NUMBER.test(text)) return [name, { kind: 'number', text }];
  return [name, { kind: 'string', text: JSON.stringify(text) }];
}

function parseValue(text: string): JsonSlice {
  if (text.trim() === '') throw new BadPart('val', 'empty, expected a number or JSON');
  try {
    return parseSlice(text);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const shown = text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
    throw new BadPart('val', `${shown} is neither a number nor JSON (${error.message})`);
  }
}

/** The text of a field. Throws `Invalid` where its bytes are not UTF-8. */
function decode(field: string): string {
  const bytes = Buffer.from(field, 'latin1');
  const problem = notUtf8(bytes);
  if (problem !== undefined) throw new Invalid(problem);
  return bytes.toString();
}
