import { type SessionComparison } from 'marigram-client/session';
import { printable } from '../../text-table.js';
import { type CheckOutcome } from './check-outcome.js';
import { COMPARISON_COLUMNS, comparisonRows, outcomeText, remarksOf } from './comparison-rows.js';

/** A comparison as a table of Markdown, with the checks before it: for a comment on a change. */
export function markdownOf(comparison: SessionComparison, outcomes: readonly CheckOutcome[]): string {
  const lines = [`### ${escaped(comparison.base)} → ${escaped(comparison.other)}`, ''];
  if (outcomes.length > 0) lines.push(...outcomes.map((outcome) => `- ${escaped(outcomeText(outcome))}`), '');
  lines.push(row(COMPARISON_COLUMNS.map(({ title }) => title.toLowerCase())));
  lines.push(row(COMPARISON_COLUMNS.map(({ align }) => (align === 'right' ? '--:' : '---'))));
  lines.push(...comparisonRows(comparison).map((cells) => row(cells.map(escaped))));
  const remarks = remarksOf(comparison);
  if (remarks.length > 0) lines.push('', ...remarks.map((remark) => `- ${escaped(remark)}`));
  return lines.join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Names are data: nothing in them is Markdown or HTML. */
function escaped(text: string): string {
  return printable(text).replaceAll(/[\\`*_[\]<>|#&]/g, (character) => `\\${character}`);
}
