import { type DropReason } from '../../audit/usage-counters.js';
import { type DataTypeName } from '../../event-types/data-types.js';
import { type FieldType } from '../../storage/databases/field-store.js';
import { ColumnsBySeries } from '../../storage/ingest/columns-by-series.js';
import { type SeriesRef } from '../../storage/registry/series-store.js';
import { type ParsedLines } from '../parse/parsed-lines.js';
import { type RefusedLines } from '../parse/refused-lines.js';
import { type KnownHead, TIME } from './known-head.js';

/** Why a line that can be read is not stored. */
type LineProblem = DropReason | 'bad name' | 'series limit';

/** The values of a request. */
export interface ResolvedLines {
  readonly lines: ParsedLines<KnownHead>;
  /** The series of each value, as of `LineSeries.find`. */
  readonly series: readonly (SeriesRef | undefined)[];
  /** The time of lines that have none. */
  readonly now: number;
  /** The maximum of metadata in the database, for the lines that were beyond it. */
  readonly seriesLimit: number;
}

/** 1990 in micros: an earlier time is probably one of another unit. */
const EARLY = 631_152_000_000_000;

/** After so many lines, others get their turn if it is time for it. */
const LINES_PER_STEP = 1000;

const MAX_EXACT = 2 ** 53;

const NO_NUMBER = { value: null, denominator: null };

/** Lines of which the series are known, on the way to columns. Each is stored whole, or not at all. */
export class LineColumns {
  readonly points = new ColumnsBySeries();
  /** The number of lines that are not stored, by problem. */
  readonly problems = new Map<LineProblem, number>();
  /** The number of points that are suspiciously old. */
  early = 0;

  /**
   * @param refused gets the lines that are not stored, in the words of InfluxDB.
   * @param onDrop called for lines that are not stored in a series that there is.
   */
  constructor(
    private readonly resolved: ResolvedLines,
    private readonly refused: RefusedLines,
    private readonly onDrop: (head: KnownHead, field: string, problem: DropReason) => void,
  ) {}

  /** Adds all lines, in steps. */
  *fill(): Generator<void, this, void> {
    const { lines, now } = this.resolved;
    const { heads, ends, micros, nanos } = lines;
    let begin = 0;
    for (let line = 0; line < heads.length; line++) {
      const head = heads[line] as KnownHead; // within the bounds
      const end = ends[line] ?? 0;
      const given = micros[line] ?? NaN;
      const time = Number.isNaN(given) ? now : given;
      if (this.isStorable(head, begin, end, time)) this.add(begin, end, time, nanos[line] ?? 0);
      begin = end;
      if (line % LINES_PER_STEP === LINES_PER_STEP - 1) yield;
    }
    return this;
  }

  private add(begin: number, end: number, micros: number, nanos: number): void {
    const { lines, series } = this.resolved;
    const { types, values, texts } = lines;
    for (let at = begin; at < end; at++) {
      const ref = series[at];
      if (!ref) continue;
      const value = values[at] ?? 0;
      if (types[at] === 'string')
        this.points.add(ref, micros, { ...NO_NUMBER, document: JSON.stringify(texts[value]) }, nanos);
      // A float as an integer is no −0.
      else this.points.addNumber(this.points.open(ref), micros, ref.dataType === 'integer' ? value + 0 : value, nanos);
      if (micros < EARLY) this.early++;
    }
  }

  /** Whether a line can be stored; if not, it is refused. */
  private isStorable(head: KnownHead, begin: number, end: number, micros: number): boolean {
    const { lines, series } = this.resolved;
    const { fields, types, values } = lines;
    if (head.hasTimeTag) return this.refuse('bad name', `invalid tag key: ${input('tag', TIME, head)} invalid`);
    let isEmpty = true;
    for (let at = begin; at < end; at++) {
      const field = fields[at] ?? '';
      const ref = series[at];
      if (!ref) {
        // Beside other fields, it is ignored as by InfluxDB.
        if (field === TIME) continue;
        return this.refuse('series limit', `max-series-per-database limit exceeded: (${this.resolved.seriesLimit})`);
      }
      const type = types[at] ?? 'float';
      if (ref.dataType !== type && !isLossless(type, values[at] ?? 0, ref.dataType)) {
        const clash = `type ${type}, already exists as type ${ref.dataType}`;
        this.onDrop(head, field, 'field of another type');
        return this.refuse('field of another type', `field type conflict: ${input('field', field, head)} ${clash}`);
      }
      if (ref.cutOff !== null && micros < ref.cutOff) {
        this.onDrop(head, field, 'older than retention keeps');
        return this.refuse('older than retention keeps', 'points beyond retention policy');
      }
      isEmpty = false;
    }
    return !isEmpty || this.refuse('bad name', `invalid field name: ${input('field', TIME, head)} invalid`);
  }

  private refuse(problem: LineProblem, text: string): false {
    this.problems.set(problem, (this.problems.get(problem) ?? 0) + 1);
    this.refused.add(text);
    return false;
  }
}

function input(what: 'field' | 'tag', name: string, { measurement }: KnownHead): string {
  return `input ${what} ${JSON.stringify(name)} on measurement ${JSON.stringify(measurement)} is`;
}

/** Whether a number of one type becomes the same number of another one. */
function isLossless(type: FieldType, value: number, stored: DataTypeName): boolean {
  if (type === 'integer' && stored === 'float') return Math.abs(value) <= MAX_EXACT;
  return type === 'float' && stored === 'integer' && Number.isInteger(value) && Math.abs(value) <= MAX_EXACT;
}
