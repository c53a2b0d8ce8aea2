import { type SessionComparison } from 'marigram-client/session';
import { printable } from '../../text-table.js';
import { streamLabel } from '../texts.js';
import { type CheckOutcome } from './check-outcome.js';

/** A case of a report of tests; `result` is the element in it, if any. */
interface TestCase {
  readonly stream: string;
  readonly name: string;
  readonly result?: { readonly element: 'failure' | 'error' | 'skipped'; readonly message: string };
}

/**
 * A comparison as a report of tests in JUnit's XML: a case for each stream, skipped where it was not compared, and one for
 * each check of each stream.
 */
export function junitOf(comparison: SessionComparison, outcomes: readonly CheckOutcome[]): string {
  const { base, other, metrics, events, unpaired } = comparison;
  const cases: TestCase[] = [
    ...[...metrics, ...events].map((streams) => ({ stream: streamLabel(streams), name: 'compared' })),
    ...unpaired.map((one) => ({
      stream: streamLabel(one),
      name: `compared (${one.session})`,
      result: { element: 'skipped', message: one.reason } as const,
    })),
    ...outcomes.map(caseOf),
  ];
  const count = (element: string): number => cases.filter(({ result }) => result?.element === element).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(`${base} → ${other}`)}" ${counts} skipped="${count('skipped')}">`,
    ...cases.map(({ stream, name, result }) => {
      const begin = `    <testcase classname="${escaped(stream)}" name="${escaped(name)}"`;
      if (!result) return `${begin}/>`;
      return `${begin}><${result.element} message="${escaped(result.message)}"/></testcase>`;
    }),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

function caseOf({ check, label, state, found }: CheckOutcome): TestCase {
  const named = { stream: label, name: check.text };
  if (state === 'passes') return named;
  return { ...named, result: { element: state === 'fails' ? 'failure' : 'error', message: `${check.text}: ${found}` } };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A text as the value of an attribute, without the characters that XML can't hold. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll(/[\ud800-\udfff\ufffe\uffff]/gu, '�')
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
