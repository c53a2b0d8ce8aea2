import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './process.js';

/** A block of shell commands in a page. */
export interface ShellBlock {
  /** The number of the line on which its commands begin. */
  readonly line: number;
  readonly commands: string;
  /** Why it can't run in a test, by the comment `<!-- not run: REASON -->` before it. */
  readonly notRun: string | undefined;
  /** The JSON that the page shows right behind it: what its last command answers. */
  readonly answer: unknown;
}

/** The blocks of shell commands of a page, in their order. */
export function shellBlocks(page: string): ShellBlock[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const pattern =
    /(?:^<!-- not run: ([^\n]+) -->\n\n?)?^```(?:sh|bash|shell|console)\n(.*?)^```\n(?:\n```json\n(.*?)^```\n)?/gms;
  return [...text.matchAll(pattern)].map(({ 0: whole, 1: notRun, 2: commands = '', 3: answer, index }) => ({
    line: text.slice(0, index + whole.indexOf('```')).split('\n').length + 1,
    commands,
    notRun,
    answer: answer === undefined ? undefined : (JSON.parse(answer) as unknown),
  }));
}
