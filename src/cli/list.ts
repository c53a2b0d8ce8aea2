import { type Command, Option } from 'commander';
import { Screen } from './screen.js';
import { writeTable } from './table-writer.js';
import { type Column, printableJson } from './text-table.js';

/** How a list is printed: for people, or as an array of JSON. */
export interface ListOptions {
  readonly output: 'table' | 'json';
}

/** Rows of a list, and how they look in a table. */
export interface List<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  readonly cellsOf: (row: Row) => readonly string[];
  /** Printed instead of an empty table. */
  readonly empty: string;
}

/** Adds the option for the format of a list. */
export function withOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'),
  );
}

/** Prints a list on stdout; a table fits the terminal. */
export async function printList<Row>(
  env: NodeJS.ProcessEnv,
  { output }: ListOptions,
  { rows, columns, cellsOf, empty }: List<Row>,
): Promise<void> {
  const screen = new Screen(process.stdout, env);
  if (output === 'json') await printJson(screen, rows);
  else if (rows.length === 0) await screen.line(empty);
  else await writeTable(screen, columns, rows.map(cellsOf));
  await screen.flush();
}

/** Adds a value to the output as indented JSON. On a terminal nothing in it is a command to that. */
export async function printJson(screen: Screen, value: unknown): Promise<void> {
  for (const line of JSON.stringify(value, undefined, 2).split('\n'))
    await screen.line(screen.isTerminal ? printableJson(line) : line);
}
