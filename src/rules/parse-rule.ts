import { canonicalAddress } from '../common/address.js';
import { Invalid } from '../common/errors.js';
import { isSourceName } from '../common/source-name.js';
import { type ConditionText, type Operator } from '../evaluation/condition.js';
import { Rule, type RuleMatch, type RuleText } from '../evaluation/rule.js';
import { ADDRESS_FIELDS, textsOf } from '../evaluation/series-match.js';
import { type DataTypeOf, requireDataType } from '../event-types/catalogue.js';
import { DATA_TYPES } from '../event-types/data-types.js';
import { type NewRule } from '../storage/rules/rule-store.js';
import { type NewRuleObject } from './rule.dto.js';

/** How many numbers each operator compares with; one unless given. */
const NUMBERS: Readonly<Partial<Record<Operator, number>>> = { inside: 2, outside: 2, exists: 0 };

/**
 * A rule as it is stored. Throws `Invalid`, naming the field, for what the checks of the single fields can't see, and
 * `UnknownEventType`.
 */
export function parseRule(posted: NewRuleObject, dataTypeOf: DataTypeOf): NewRule {
  const { name, enabled, kind, match, condition, warnings, reset, order, event } = posted;
  const text: RuleText = {
    kind,
    match: { ...match },
    condition: conditionOf(condition, 'condition'),
    warnings,
    reset: { ...resetOf(reset), after: reset.after },
    order,
    'max-age': posted['max-age'],
    event: { type: event.type, severity: event.severity, text: event.text },
  };
  checkMatch(match, condition.op === 'exists', dataTypeOf);
  if (new Rule('', name, text).contradictsItself)
    throw new Invalid('reset: a value would be a warning and normal at once');
  return { name, enabled, text };
}

function resetOf({ op, value }: NewRuleObject['reset']): Partial<ConditionText> {
  if (op !== undefined) return conditionOf({ op, value }, 'reset');
  if (value !== undefined) throw new Invalid('reset, op: it is missing, and there is a value');
  return {};
}

function conditionOf({ op, value }: { readonly op: Operator; readonly value?: unknown }, where: string): ConditionText {
  const count = NUMBERS[op] ?? 1;
  const numbers: readonly unknown[] = value === undefined ? [] : count === 2 && Array.isArray(value) ? value : [value];
  if (numbers.length !== count || !numbers.every((number) => Number.isFinite(number)))
    throw new Invalid(
      `${where}, value: ${op} ${['has none', 'expects a number', 'expects an array of two numbers'][count]}`,
    );
  const [low = 0, high = low] = numbers as number[];
  if (low > high) throw new Invalid(`${where}, value: the lower number comes first`);
  if (count === 0) return { op };
  return { op, value: count === 2 ? [low, high] : low };
}

function checkMatch(match: RuleMatch, takesDocuments: boolean, dataTypeOf: DataTypeOf): void {
  const { 'event-type': eventTypes } = match;
  if (eventTypes === undefined) throw new Invalid('match.event-type: it is missing');
  for (const eventType of textsOf(eventTypes)) {
    const dataType = requireDataType(dataTypeOf, eventType, 'match.event-type: ');
    if (!takesDocuments && DATA_TYPES[dataType].isDocument)
      throw new Invalid(`match.event-type: ${eventType} has no numbers to compare, its points can only exist`);
  }
  for (const field of ADDRESS_FIELDS)
    for (const text of textsOf(match[field] ?? []))
      if (canonicalAddress(text) === undefined && !(field === 'source' && isSourceName(text)))
        throw new Invalid(`match.${field}: expected an address, got ${JSON.stringify(text)}`);
}
