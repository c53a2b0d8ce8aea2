import { type FilterFields } from './api-filters.js';
import { microsOf, secondsOf, secondsText, type Time } from './time.js';

/** The four times that bound a read. */
export type TimeFields = Pick<FilterFields, 'time' | 'timeStart' | 'timeEnd' | 'timeRange'>;

/** In which order points are read: oldest or newest first. */
export type Order = 'asc' | 'desc';

const MICROS = 1_000_000;

/** One second less one microsecond: an end in whole seconds covers its second. */
const REST_OF_SECOND = MICROS - 1;

/** Seconds as a query parameter, to the microsecond. */
export function instantOf(seconds: number): string {
  return secondsText(microsOf(seconds));
}

/**
 * What is left to read of a range of time. The archive's rules for the four times are applied here already, so that a
 * read can resume after the last point that arrived.
 */
export class TimeSpan {
  private begin: number | undefined;
  private end: number | undefined;
  /** Seconds before now; only with neither begin nor end. */
  private range: number | undefined;
  private moved = false;
  private at: number | undefined;
  private passed = 0;

  /** Throws a `RangeError` for an invalid time. */
  constructor(
    { time, timeStart, timeEnd, timeRange }: TimeFields,
    private readonly order: Order,
  ) {
    const length = timeRange === undefined ? undefined : parse(timeRange).micros;
    const start = timeStart === undefined ? undefined : parse(timeStart);
    const end = timeEnd === undefined ? undefined : parse(timeEnd);
    if (time !== undefined) {
      const at = parse(time);
      [this.begin, this.end] = [at.micros, at.last];
    } else if (start) {
      this.begin = start.micros;
      this.end = end?.last ?? (length === undefined ? undefined : start.last + length);
    } else if (end) {
      this.begin = length === undefined ? 0 : end.micros - length;
      this.end = end.last;
    } else if (length === undefined) {
      this.begin = 0;
    } else if (order === 'asc') {
      this.range = length / MICROS;
    } else {
      // Backwards the begin must be known from the first, and the archive would name it in no answer.
      this.begin = Math.floor(Date.now() / 1000) * MICROS - length;
    }
  }

  /**
   * Goes on behind a point, in the order of the read. Others may have its time (several do in the streams of sessions), so
   * that time is read again, and begins with the points of it that have been read: `repeated`.
   */
  continueBehind(micros: number): void {
    this.passed = this.at === micros ? this.passed + 1 : 1;
    this.at = micros;
    if (this.order === 'desc') {
      this.end = micros;
      return;
    }
    this.begin = micros;
    this.range = undefined;
  }

  /** The points that what is left begins with although they have been read: how many, and their time. */
  get repeated(): { readonly count: number; readonly micros: number | undefined } {
    return { count: this.passed, micros: this.at };
  }

  /** Goes on right behind a time, in the order of the read. */
  continueAfter(micros: number): void {
    this.moved = true;
    if (this.order === 'desc') {
      this.end = micros - 1;
      return;
    }
    this.begin = micros + 1;
    this.range = undefined;
  }

  /** Whether nothing is left. (A range that is the wrong way round from the first is for the archive to refuse.) */
  get isOver(): boolean {
    return this.moved && this.begin !== undefined && this.end !== undefined && this.begin > this.end;
  }

  /** The query parameters for what is left. */
  query(): Record<string, string> {
    return {
      ...(this.range !== undefined && { 'time-range': String(this.range) }),
      ...(this.begin !== undefined && { 'time-start': secondsText(this.begin) }),
      ...(this.end !== undefined && { 'time-end': endText(this.end) }),
    };
  }
}

/** An end in whole seconds where that means the same, since esmond takes no other; else with a decimal point. */
function endText(micros: number): string {
  if ((((micros + 1) % MICROS) + MICROS) % MICROS === 0) return secondsText(micros - REST_OF_SECOND);
  const text = secondsText(micros);
  return text.includes('.') ? text : `${text}.0`;
}

/** A time and the last microsecond it covers. */
function parse(time: Time | string): { micros: number; last: number } {
  const seconds = secondsOf(typeof time === 'string' ? Number(time) : time);
  const micros = microsOf(seconds);
  return { micros, last: Number.isInteger(seconds) ? micros + REST_OF_SECOND : micros };
}
