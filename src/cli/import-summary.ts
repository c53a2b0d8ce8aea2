import { type ImportReport } from '../import/import-report.js';
import { printable } from './text-table.js';

/** The report of an import, line by line; a dry run says what would be stored. */
export function accountOf(account: ImportReport, { dryRun }: { readonly dryRun: boolean }): string[] {
  const { metadata, otherKeys, points, bins } = account;
  const would = dryRun ? 'would be ' : '';
  const lines = [
    `Metadata: ${number(metadata.read)} read, ${number(metadata.created)} ${would}new, ${number(metadata.there)} there already.`,
  ];
  if (points.read > 0 || !dryRun)
    lines.push(
      `Points: ${number(points.read)} read, ${number(points.stored)} ${would}stored, ${number(points.there)} there already.`,
    );
  if (bins.read > 0)
    lines.push(
      `Values of summaries: ${number(bins.read)} read, ${number(bins.sealed)} sealed, ${number(bins.there)} sealed already, ` +
        `${number(bins.computed)} computed here.`,
    );
  if (otherKeys.length > 0) lines.push(`${number(otherKeys.length)} metadata have another key here:`);
  for (const { there, here } of otherKeys) lines.push(`  ${there} is ${here} here`);
  lines.push(...countsOf('Skipped:', account.skipped), ...countsOf('Not imported:', account.failed));
  return lines.map(printable);
}

/** The report of a file that was written to another archive. */
export function sentOf({ metadata, points, skipped }: ImportReport, url: string): string[] {
  const what = `${number(points.read)} points of ${number(metadata.read)} metadata`;
  return [
    `Sent ${what} to ${url}: ${number(points.stored)} stored, ${number(points.there)} there already.`,
    ...countsOf('Skipped:', skipped),
  ].map(printable);
}

/** The first bad lines of a file, and the number of the others. */
export function badLinesOf({ badLines, badLineCount }: ImportReport): string[] {
  const lines = badLines.map(({ line, problem }) => `line ${line}: ${problem}`);
  if (badLineCount > lines.length) lines.push(`… and ${number(badLineCount - lines.length)} more lines`);
  return lines.map(printable);
}

function countsOf(title: string, counts: ReadonlyMap<string, number>): string[] {
  if (counts.size === 0) return [];
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return [title, ...sorted.map(([reason, count]) => `  ${number(count)} × ${reason}`)];
}

function number(count: number): string {
  return count.toLocaleString('en');
}
