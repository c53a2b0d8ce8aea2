import { type SessionComparison } from 'marigram-client/session';
import { Screen } from '../../screen.js';
import { writeTable } from '../../table-writer.js';
import { printable, printableJson } from '../../text-table.js';
import { type ArchiveOptions, withSessions } from '../connection.js';
import { type CheckOutcome, outcomesOf } from './check-outcome.js';
import { type Check } from './check.js';
import { COMPARISON_COLUMNS, comparisonRows, outcomeText, remarksOf } from './comparison-rows.js';
import { junitOf } from './junit.js';
import { markdownOf } from './markdown.js';

/** The options of `marigram session compare`. */
export interface CompareOptions extends ArchiveOptions {
  readonly by?: string;
  readonly failOn?: readonly Check[];
  readonly output: 'table' | 'json' | 'junit' | 'markdown';
}

/** The exit code where a check fails: distinct from 1, which says that something else went wrong. */
const CHECK_FAILED = 3;

/**
 * Compares a session with a base and prints how it differs. The exit code is 3 where a check fails, and 1 where none
 * does but one has nothing to look at.
 */
export async function compareSessions(
  env: NodeJS.ProcessEnv,
  base: string,
  other: string,
  options: CompareOptions,
): Promise<void> {
  await withSessions(env, options, async (sessions) => {
    const comparison = await sessions.compare(base, other, { by: options.by?.split(',') });
    const outcomes = (options.failOn ?? []).flatMap((check) => outcomesOf(check, comparison));
    const screen = new Screen(process.stdout, env);
    if (options.output === 'table') await printTable(screen, comparison, outcomes);
    else for (const line of textOf(options.output, comparison, outcomes).split('\n')) await screen.line(line);
    await screen.flush();
    const states = outcomes.map(({ state }) => state);
    if (states.includes('fails')) process.exitCode = CHECK_FAILED;
    else if (states.includes('unknown')) process.exitCode = 1;
  });
}

function textOf(
  output: 'json' | 'junit' | 'markdown',
  comparison: SessionComparison,
  outcomes: readonly CheckOutcome[],
): string {
  if (output === 'junit') return junitOf(comparison, outcomes);
  if (output === 'markdown') return markdownOf(comparison, outcomes);
  const checks = outcomes.map(({ check, label, state, found }) => ({
    check: check.text,
    streams: label,
    state,
    found,
  }));
  return JSON.stringify({ ...comparison, checks }, undefined, 2)
    .split('\n')
    .map(printableJson)
    .join('\n');
}

async function printTable(
  screen: Screen,
  comparison: SessionComparison,
  outcomes: readonly CheckOutcome[],
): Promise<void> {
  const rows = comparisonRows(comparison);
  if (rows.length > 0) await writeTable(screen, COMPARISON_COLUMNS, rows);
  else await screen.line('No streams were compared.');
  const below = [...remarksOf(comparison), ...outcomes.map(outcomeText)];
  if (below.length > 0) await screen.line('');
  for (const line of below) await screen.line(printable(line));
}
