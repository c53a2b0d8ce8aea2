import { Condition, type ConditionText } from './condition.js';

/** How bad an event is. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** In which order the points of a series count. */
export const ORDERS = ['arrival', 'time'] as const;

/** Which series a rule is for: all names must hold, each with one of its texts. */
export type RuleMatch = Readonly<Record<string, string | readonly string[]>>;

/** What a rule says, in the names of the wire; it is stored like this. */
export interface RuleText {
  readonly kind: 'value';
  readonly match: RuleMatch;
  readonly condition: ConditionText;
  /** How many values in a row that satisfy the condition open an event. */
  readonly warnings: number;
  /**
   * When a value is normal: whenever it does not satisfy the condition, unless it says otherwise; then values that satisfy
   * neither change nothing. `after` normal values in a row close an event.
   */
  readonly reset: Partial<ConditionText> & { readonly after: number };
  readonly order: (typeof ORDERS)[number];
  /** Points older than this (seconds) don't count; `null` if all do. */
  readonly 'max-age': number | null;
  readonly event: RuleEventText;
}

/** The events of a rule. */
export interface RuleEventText {
  readonly type: string;
  readonly severity: Severity;
  /** With placeholders, see `eventText`. */
  readonly text: string;
}

/** A rule that is in force, ready to judge values. */
export class Rule {
  private readonly condition: Condition;
  private readonly reset: Condition | undefined;

  constructor(
    readonly id: string,
    readonly name: string,
    readonly text: RuleText,
  ) {
    const { op, value } = text.reset;
    this.condition = new Condition(text.condition);
    this.reset = op && new Condition({ op, ...(value !== undefined && { value }) });
  }

  /** @param value `null` of a point that has no number. */
  judge(value: number | null): 'warning' | 'normal' | 'between' {
    if (this.condition.holds(value)) return 'warning';
    return !this.reset || this.reset.holds(value) ? 'normal' : 'between';
  }

  /** The worse one of two values: the one farther in the direction of the condition, or the later one. */
  worse(before: number | null, value: number | null): number | null {
    const { direction } = this.condition;
    if (before === null || value === null || direction === undefined) return value;
    return direction === 'up' ? Math.max(before, value) : Math.min(before, value);
  }

  /** Whether some value would be a warning and normal at once. */
  get contradictsItself(): boolean {
    return this.reset !== undefined && this.condition.overlaps(this.reset);
  }
}
