import { type Screen } from './screen.js';
import { printable, printableJson } from './text-table.js';

/** How to print: for people, or for programs. */
export const FORMATS = ['table', 'json', 'csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

/** The CSV and JSON of one kind of record. */
export interface RecordKind<T> {
  /** The first line of CSV. */
  readonly columns: readonly string[];
  readonly cellsOf: (record: T) => readonly (string | number | null)[];
  /** Compact JSON. */
  readonly jsonOf: (record: T) => string;
}

/** Writes records as they arrive, one a line. Control characters are removed for terminals only. */
export async function writeRecords<T>(
  screen: Screen,
  format: Exclude<Format, 'table'>,
  kind: RecordKind<T>,
  records: AsyncIterable<T> | Iterable<T>,
): Promise<void> {
  const cellOf = (value: string | number | null): string => csvCell(value, screen.isTerminal);
  const jsonOf = (record: T): string => (screen.isTerminal ? printableJson(kind.jsonOf(record)) : kind.jsonOf(record));
  if (format === 'csv') await screen.line(kind.columns.join(','));
  let count = 0;
  for await (const record of records) {
    if (format === 'csv') await screen.line(kind.cellsOf(record).map(cellOf).join(','));
    else if (format === 'ndjson') await screen.line(jsonOf(record));
    else await screen.write(`${count === 0 ? '[\n' : ',\n'}${jsonOf(record)}`);
    count++;
  }
  if (format === 'json') await screen.line(count === 0 ? '[]' : '\n]');
}

function csvCell(value: string | number | null, isForTerminal: boolean): string {
  const whole = value === null ? '' : String(value);
  const text = isForTerminal ? printable(whole) : whole;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
