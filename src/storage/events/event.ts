import { type ConditionText } from '../../evaluation/condition.js';
import { type Severity } from '../../evaluation/rule.js';

/** An event that a point has opened. All times in micros. */
export interface NewEvent {
  readonly id: string;
  /** The id and the name of the rule. */
  readonly rule: string;
  readonly ruleName: string;
  readonly series: number;
  readonly metadataKey: string;
  /** `null` where the series is not that of a sensor. */
  readonly sensor: string | null;
  readonly eventType: string;
  readonly type: string;
  readonly severity: Severity;
  /** The time of that point, and of the first warning of its run. */
  readonly opened: number;
  readonly firstWarning: number;
  /** When the point came, by the database's clock. */
  readonly received: number;
  /** `null` where the point has no number. */
  readonly value: number | null;
  readonly threshold: ConditionText;
  /** So far; of a closed one over the whole run. */
  readonly warnings: number;
  readonly peak: number | null;
  /** The time of the value that closed it; `null` while it is open. */
  readonly closed: number | null;
  readonly text: string;
}

/** Why runs of warnings end, if not by a value. */
export const ENDINGS = ['rule changed', 'rule disabled', 'rule deleted', 'metadata deleted'] as const;

/** What closes an event: normal values, somebody, or the end of its run. */
export const CLOSED_BY = ['value', 'manual', ...ENDINGS] as const;

export type ClosedBy = (typeof CLOSED_BY)[number];

/** Who has taken note of an event. */
export interface Acknowledgement {
  readonly by: string;
  /** In micros. */
  readonly at: number;
  readonly note: string | null;
}

/** An event as it is stored. `warnings` and `peak` of an open one are up to date. */
export interface StoredEvent extends Omit<NewEvent, 'series'> {
  readonly closedBy: ClosedBy | null;
  readonly acknowledged: Acknowledgement | null;
}
