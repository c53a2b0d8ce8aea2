import { type SessionComparison } from 'marigram-client/session';
import { type Column } from '../../text-table.js';
import { numberText, percentText, shareText, signedText, streamLabel } from '../texts.js';
import { type CheckOutcome } from './check-outcome.js';

/** The columns of a comparison. */
export const COMPARISON_COLUMNS: readonly Column[] = [
  { title: 'STREAM' },
  { title: 'FIGURE' },
  { title: 'BASE', align: 'right' },
  { title: 'OTHER', align: 'right' },
  { title: 'DIFFERENCE', align: 'right' },
  { title: 'CHANGE', align: 'right' },
];

/** A row for each number of each pair of streams. */
export function comparisonRows({ metrics, events }: SessionComparison): string[][] {
  return [
    ...metrics.flatMap((metric) => [
      ...Object.entries(metric.figures).map(([name, figure]) => figureRow(streamLabel(metric), name, figure)),
      [streamLabel(metric), 'd', '', numberText(metric.d), '', ''],
    ]),
    ...events.flatMap((event) => {
      const label = streamLabel(event);
      const [ofBase, ofOther] = [event.cnt.base ?? 0, event.cnt.other ?? 0];
      const categories = event.categories.map(({ category, base, other, points }) => [
        ...[label, category, countText(base.cnt, ofBase), countText(other.cnt, ofOther)],
        ...[signedText(other.cnt - base.cnt), percentText(points).replace('%', 'points')],
      ]);
      return [figureRow(label, 'cnt', event.cnt), ...categories];
    }),
  ];
}

/** What a reader has to know beside the numbers: what was not compared, and how exact quantiles are. */
export function remarksOf({ metrics, unpaired }: SessionComparison): string[] {
  return [
    ...metrics
      .filter(({ within }) => within !== undefined)
      .map((metric) => `${streamLabel(metric)}: q50 to q99 are exact to ${percentText(100 * (metric.within ?? 0))}`),
    ...unpaired.map((one) => `${streamLabel(one)} of ${one.session} was not compared: ${one.reason}`),
  ];
}

/** An outcome of a check in words. */
export function outcomeText({ check, label, state, found }: CheckOutcome): string {
  const verdict = { passes: 'ok', fails: 'FAILED', unknown: 'NOT CHECKED' }[state];
  return `${verdict}  ${check.text}  ${label}: ${found}`;
}

type Figure = SessionComparison['metrics'][number]['figures']['cnt'];

function figureRow(label: string, name: string, { base, other, difference, percent }: Figure): string[] {
  return [label, name, numberText(base), numberText(other), signedText(difference), percentText(percent)];
}

function countText(count: number, total: number): string {
  return total === 0 ? String(count) : `${count} (${shareText(count, total)})`;
}
