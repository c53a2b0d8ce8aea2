import { createReadStream } from 'node:fs';
import { type CsvError, type Info, parse } from 'csv-parse';
import { type FolderTable } from './folder.js';

/** A row of a table, or why a line is none. */
export type TableRow =
  | { readonly kind: 'row'; readonly line: number; readonly fields: readonly string[] }
  | { readonly kind: 'bad'; readonly line: number; readonly problem: string };

/**
 * The rows of a table with their lines, counted from 1 with the first line of the file.
 * @param onBytes is called with the number of bytes that were read since the call before.
 */
export async function* tableRows(
  { path, begin, end, size }: FolderTable,
  onBytes: (bytes: number) => void,
): AsyncGenerator<TableRow, void, undefined> {
  let lines = 1;
  if (end > begin) {
    const broken: TableRow[] = [];
    const parser = parse({
      delimiter: '\t',
      // A lone CR belongs to its field.
      record_delimiter: ['\n', '\r\n'],
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error: CsvError | undefined) => {
        const problem = error?.message ?? 'no TSV';
        broken.push({ kind: 'bad', line: 1 + Number(error?.['lines'] ?? 0), problem });
        return undefined;
      },
    });
    const input = createReadStream(path, { start: begin, end: end - 1 });
    input.on('data', (chunk) => {
      onBytes(chunk.length);
    });
    input.on('error', (error) => parser.destroy(error));
    for await (const { info, record } of input.pipe(parser) as AsyncIterable<{ info: Info; record: string[] }>) {
      yield* broken.splice(0);
      lines = 1 + info.lines;
      yield { kind: 'row', line: lines, fields: record };
    }
    yield* broken;
  }
  if (size > end) yield { kind: 'bad', line: lines + 1, problem: 'the line is cut off' };
}
