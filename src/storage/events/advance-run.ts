import { MICROS_PER_SECOND } from '../../common/time.js';
import { uuidV7 } from '../../common/uuid.js';
import { eventText } from '../../evaluation/event-text.js';
import { type Rule } from '../../evaluation/rule.js';
import { type CountedPoint, NO_RUN, Run } from '../../evaluation/run.js';
import { type SeriesFacts, sensorOf } from '../../evaluation/series-match.js';
import { type NewEvent } from './event.js';
import { type RunChanges, type StoredRun } from './run-store.js';

/** Changes to which more can be added. */
export type OpenRunChanges = { readonly [Field in keyof RunChanges]: RunChanges[Field][number][] };

/** A series as a rule finds it. */
export interface JudgedSeries {
  readonly id: number;
  readonly facts: SeriesFacts;
  /** How far the rule is; `undefined` where there is no run. */
  readonly run: StoredRun | undefined;
  /** The database's time, in micros. */
  readonly now: number;
}

/**
 * Counts points of a series by a rule, and adds what they change.
 * @param points in the order in which they count. Those that are older than the rule allows don't.
 */
export function advanceRun(
  changes: OpenRunChanges,
  rule: Rule,
  series: JudgedSeries,
  points: readonly CountedPoint[],
): void {
  const { 'max-age': maxAge } = rule.text;
  const oldest = maxAge === null ? -Infinity : series.now - maxAge * MICROS_PER_SECOND;
  const counting = points.filter(({ micros }) => micros >= oldest);
  if (counting.length === 0) return;
  const run = new Run(rule, uuidV7, series.run ?? NO_RUN);
  const opened = new Map<string, NewEvent>();
  for (const point of counting) {
    const happening = run.count(point);
    if (happening?.change === 'opened') opened.set(happening.id, newEvent(happening.id, rule, series, run, point));
    if (happening?.change !== 'closed') continue;
    const { id, warnings, peak } = happening;
    const ofThese = opened.get(id);
    if (ofThese) opened.set(id, { ...ofThese, closed: point.micros, warnings, peak });
    else changes.closed.push({ id, closed: point.micros, warnings, peak });
  }
  changes.opened.push(...opened.values());
  const place = { series: series.id, rule: rule.id };
  if (run.state.warnings > 0) changes.kept.push({ ...place, ...run.state });
  else if (series.run) changes.ended.push(place);
}

function newEvent(
  id: string,
  rule: Rule,
  { id: series, facts, now }: JudgedSeries,
  { state: { since, warnings, peak } }: Run,
  { micros, value }: CountedPoint,
): NewEvent {
  const { type, severity } = rule.text.event;
  return {
    id,
    rule: rule.id,
    ruleName: rule.name,
    series,
    metadataKey: facts.metadataKey,
    sensor: sensorOf(facts),
    eventType: facts.eventType,
    type,
    severity,
    opened: micros,
    firstWarning: since ?? micros,
    received: now,
    value,
    threshold: rule.text.condition,
    warnings,
    peak,
    closed: null,
    text: eventText(rule, facts, value),
  };
}
