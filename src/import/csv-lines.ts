import { type Readable } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import { Invalid } from '../common/errors.js';
import { type JsonSlice, parseSlice } from '../json/json-text.js';
import { type BadLine, type FileLine, lineOr, POINT_COLUMNS, recordOf } from './file-line.js';

/** A number as JSON has it. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The points of a CSV stream with a header line: the fields of the metadata, `event-type`, `ts` and `val`. A value that
 * is no number is JSON, quoted as RFC 4180 says, as the archive writes CSV itself. Throws `Invalid` for a header that
 * lacks one of the three.
 */
export async function* csvLines(input: Readable): AsyncGenerator<FileLine, void, undefined> {
  const broken: BadLine[] = [];
  const parser = parse({
    columns: checkHeader,
    bom: true,
    info: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      broken.push({ kind: 'bad', line: Number(error?.['lines'] ?? 0), problem: error?.message ?? 'no CSV' });
      return undefined;
    },
  });
  input.on('error', (error) => parser.destroy(error));
  for await (const { info, record } of input.pipe(parser) as AsyncIterable<{
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
  const names = header.map((name) => name.trim().replaceAll('_', '-'));
  for (const name of POINT_COLUMNS)
    if (!names.includes(name)) throw new Invalid(`the header of the CSV has no column ${name}`);
  return names;
}

function valueOf([name, text]: [string, string]): readonly [string, JsonSlice] {
  if (name === 'val') return [name, parseSlice(text)];
  if (name === 'ts' && NUMBER.test(text)) return [name, { kind: 'number', text }];
  return [name, { kind: 'string', text: JSON.stringify(text) }];
}
