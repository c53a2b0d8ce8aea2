import { type Result } from './rounds.js';
import { type Target } from './workloads/workload.js';

const HEADINGS = ['workload', '', 'ours', 'limit', '', 'ratio', 'target', '', 'p50 ms', 'p99 ms', 'memory MB'];

/** The results as a table of text. */
export function tableOf(results: readonly Result[]): string {
  const rows = [HEADINGS, ...results.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => pad(cell, column, widths[column] ?? 0)).join('  ')).join('\n');
}

/** Whether a result reaches its target; `undefined` where there is nothing to say. */
export function isReached({ ours, ratio, target }: Result): boolean | undefined {
  if (target === undefined) return undefined;
  const reached = 'value' in target ? ours : ratio;
  if (reached === undefined) return undefined;
  return target.at === 'least' ? reached >= amountOf(target) : reached <= amountOf(target);
}

function amountOf(target: Target): number {
  return 'value' in target ? target.value : target.ratio;
}

function cellsOf(result: Result): string[] {
  const { name, title, unit, ours, limit, ratio, target, p50, p99, peakMemory } = result;
  const reached = isReached(result);
  return [
    name,
    title,
    numberText(ours),
    limit === undefined ? '–' : numberText(limit),
    unit,
    ratio === undefined ? '–' : ratio.toFixed(2),
    target ? `${target.at === 'least' ? '≥' : '≤'} ${amountOf(target)}` : '–',
    reached === undefined ? '' : reached ? 'yes' : 'no',
    numberText(p50),
    numberText(p99),
    peakMemory === undefined ? '–' : String(peakMemory),
  ];
}

/** Three significant digits. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value >= 100) return String(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : 2);
}

function pad(cell: string, column: number, width: number): string {
  const isText = column < 2 || column === 4 || column === 7;
  return isText ? cell.padEnd(width) : cell.padStart(width);
}
