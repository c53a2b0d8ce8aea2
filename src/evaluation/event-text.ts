import { type Rule } from './rule.js';
import { factOf, type SeriesFacts } from './series-match.js';

/**
 * The text of an event. `{{value}}`, `{{rule}}`, `{{warnings}}`, `{{threshold}}` and any name that rules match by, such as
 * `{{sensor}}` or a parameter, stand for what they name; nothing where there is none.
 * @param value of the point that opened it; `null` where that has no number.
 */
export function eventText(
  { name, text: { event, condition, warnings } }: Rule,
  series: SeriesFacts,
  value: number | null,
): string {
  const facts: Readonly<Record<string, string | number | null>> = {
    value,
    warnings,
    rule: name,
    threshold: [condition.value ?? ''].flat().join(' … '),
  };
  return event.text.replaceAll(/\{\{([^{}]*)\}\}/g, (_, placeholder: string) => {
    const wanted = placeholder.trim();
    const fact = Object.hasOwn(facts, wanted) ? facts[wanted] : factOf(series, wanted);
    return String(fact ?? '');
  });
}
