import { type Rule } from './rule.js';

/** A point as a rule sees it. */
export interface CountedPoint {
  /** Its time, in micros. */
  readonly micros: number;
  /** `null` where it has no number. */
  readonly value: number | null;
}

/** How far a rule is on a series: the run of warnings so far. */
export interface RunState {
  /** Warnings in a row. */
  readonly warnings: number;
  /** Normal values in a row since the last of them, while an event is open. */
  readonly normals: number;
  /** The time (micros) of the first warning; `null` where there is none. */
  readonly since: number | null;
  /** The worst and the last value of the warnings. */
  readonly peak: number | null;
  readonly last: number | null;
  /** The id of the event that this run has opened, while that is open. */
  readonly openEvent: string | null;
}

/** Nothing has happened. Such a state is not stored. */
export const NO_RUN: RunState = { warnings: 0, normals: 0, since: null, peak: null, last: null, openEvent: null };

/** What a point changes beside the state. */
export type Happening =
  | { readonly change: 'opened'; readonly id: string }
  /** With the counts of the whole run. */
  | { readonly change: 'closed'; readonly id: string; readonly warnings: number; readonly peak: number | null };

/** The state machine of one rule on one series. */
export class Run {
  private warnings = 0;
  private normals = 0;
  private since: number | null = null;
  private peak: number | null = null;
  private last: number | null = null;
  private openEvent: string | null = null;

  /** @param newEventId names an event that opens. */
  constructor(
    private readonly rule: Rule,
    private readonly newEventId: () => string,
    state: RunState,
  ) {
    this.restore(state);
  }

  /** Warnings in a row. */
  get inARow(): number {
    return this.warnings;
  }

  get state(): RunState {
    const { warnings, normals, since, peak, last, openEvent } = this;
    return { warnings, normals, since, peak, last, openEvent };
  }

  /**
   * Counts a point. An event opens exactly when the warnings in a row become as many as the rule asks for: those behind it
   * open no other one, nor do they after the event was resolved by hand.
   */
  count({ micros, value }: CountedPoint): Happening | undefined {
    const verdict = this.rule.judge(value);
    if (verdict === 'warning') return this.warn(micros, value);
    return verdict === 'normal' ? this.calm() : undefined;
  }

  private warn(micros: number, value: number | null): Happening | undefined {
    this.peak = this.warnings === 0 ? value : this.rule.worse(this.peak, value);
    this.since ??= micros;
    this.last = value;
    this.warnings++;
    this.normals = 0;
    if (this.warnings !== this.rule.text.warnings) return undefined;
    this.openEvent = this.newEventId();
    return { change: 'opened', id: this.openEvent };
  }

  private calm(): Happening | undefined {
    const { openEvent: id, warnings, peak } = this;
    if (id !== null && ++this.normals < this.rule.text.reset.after) return undefined;
    this.restore(NO_RUN);
    return id === null ? undefined : { change: 'closed', id, warnings, peak };
  }

  private restore({ warnings, normals, since, peak, last, openEvent }: RunState): void {
    this.warnings = warnings;
    this.normals = normals;
    this.since = since;
    this.peak = peak;
    this.last = last;
    this.openEvent = openEvent;
  }
}
