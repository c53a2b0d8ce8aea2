import { type Rule } from '../../evaluation/rule.js';
import { type CountedPoint, NO_RUN, Run } from '../../evaluation/run.js';
import { type SeriesFacts } from '../../evaluation/series-match.js';

/** An event that a rule would have opened. Times are in micros. */
export interface RehearsedEvent {
  readonly series: SeriesFacts;
  readonly opened: number;
  readonly firstWarning: number;
  readonly value: number | null;
  /** `null` while it is open. */
  closed: number | null;
  warnings: number;
  peak: number | null;
}

/** The events of a series that are kept; more are only counted. */
const MAX_EVENTS = 200;

/** A rule on the points of one series, from the first of them on. */
export class RehearsedSeries {
  readonly events: RehearsedEvent[] = [];
  points = 0;
  warnings = 0;
  /** Whether there were more events than are kept. */
  isTruncated = false;
  private readonly run: Run;
  private opened = 0;
  private current: RehearsedEvent | undefined;

  constructor(
    rule: Rule,
    private readonly series: SeriesFacts,
  ) {
    this.run = new Run(rule, () => String(++this.opened), NO_RUN);
  }

  /** Counts a point; they come in the order of time. */
  count(point: CountedPoint): void {
    this.points++;
    const before = this.run.inARow;
    const happening = this.run.count(point);
    if (this.run.inARow > before) this.warnings++;
    if (happening?.change === 'opened') this.open(point);
    if (happening?.change === 'closed') this.close(point.micros, happening.warnings, happening.peak);
  }

  /** Ends the rehearsal; returns whether an event is still open, whose counts are those so far. */
  finish(): boolean {
    const { warnings, peak } = this.run.state;
    const isOpen = this.current !== undefined;
    this.close(null, warnings, peak);
    return isOpen;
  }

  private open({ micros, value }: CountedPoint): void {
    const { since, warnings, peak } = this.run.state;
    const firstWarning = since ?? micros;
    this.current = { series: this.series, opened: micros, firstWarning, value, closed: null, warnings, peak };
    if (this.events.length < MAX_EVENTS) this.events.push(this.current);
    else this.isTruncated = true;
  }

  private close(closed: number | null, warnings: number, peak: number | null): void {
    if (this.current) Object.assign(this.current, { closed, warnings, peak });
    this.current = undefined;
  }
}
