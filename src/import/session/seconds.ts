import { type DistributionBin, QUANTILE_PERCENTS, type QuantilesValue } from 'marigram-client/exact';
import { BadPart } from '../../common/errors.js';
import { isStorableText } from '../../event-types/texts.js';
import { labelOfText } from '../../rollups/categories.js';
import { FinishedBin, type FinishedPart, type FinishedType } from '../../rollups/finished-bins.js';
import { checkFields, integerIn, numberIn } from './fields.js';
import { type TableName } from './folder.js';

/** The tables whose rows are of seconds. */
export type SecondsTable = Exclude<TableName, 'metrics' | 'events'>;

const QUANTILES = QUANTILE_PERCENTS.map((percent) => `q${percent}`);

const NUMBERS = [...QUANTILES, 'average', 'stddev', 'sum', 'cnt'];

/** What a row says of its second: its part, and what no other row of the same part has. */
interface SecondRow {
  readonly second: number;
  readonly part: FinishedPart;
  readonly name: string;
}

/** A second of a stream, as all of its tables tell. */
export interface FinishedSecond {
  /** Since the start of the test. */
  readonly second: number;
  /** The values of its summaries as JSON. */
  readonly texts: ReadonlyMap<FinishedType, string>;
}

/** The seconds of a table of one stream, as its rows tell. They are all kept in memory. */
export class TableSeconds {
  readonly parts = new Map<number, FinishedPart[]>();
  private current: { readonly second: number; readonly names: Set<string> } | undefined;

  /** @param replaces whether a second that comes again replaces the one before; else both are of different points. */
  constructor(
    private readonly table: SecondsTable,
    private readonly replaces: boolean,
  ) {}

  /**
   * Adds a row; rows of one second follow each other. Returns false for one that lacks a number, and throws a `BadPart` for
   * a bad one.
   */
  add(fields: readonly string[]): boolean {
    const row = ROWS[this.table](fields);
    if (!row) return false;
    const { second, part, name } = row;
    if (this.current?.second !== second || this.current.names.has(name)) {
      this.current = { second, names: new Set() };
      if (this.replaces) this.parts.delete(second);
    }
    this.current.names.add(name);
    const parts = this.parts.get(second);
    if (parts) parts.push(part);
    else this.parts.set(second, [part]);
    return true;
  }
}

/** The seconds of a stream in the order of time: what its tables tell of each is merged. */
export function secondsOf(tables: readonly TableSeconds[]): FinishedSecond[] {
  const bins = new Map<number, FinishedBin>();
  for (const { parts } of tables)
    for (const [second, all] of parts) {
      const bin = bins.get(second) ?? new FinishedBin();
      for (const part of all) bin.add(part);
      bins.set(second, bin);
    }
  return [...bins].sort(([a], [b]) => a - b).map(([second, bin]) => ({ second, texts: bin.texts() }));
}

/** How a row of each table is read; `undefined` for one that lacks a number. */
const ROWS: Readonly<Record<SecondsTable, (fields: readonly string[]) => SecondRow | undefined>> = {
  aggregates: (fields) => {
    checkFields(fields, 1 + NUMBERS.length);
    const [second = '', ...numbers] = fields;
    const named = Object.fromEntries(NUMBERS.map((name, at) => [name, numberIn(name, numbers[at] ?? '')]));
    const stddev = Number.isNaN(named['stddev']) ? null : named['stddev'];
    const value = { ...named, stddev, cnt: countIn(numbers.at(-1) ?? '') } as QuantilesValue; // NUMBERS are its members
    if (Object.values(value).some((number) => Number.isNaN(number))) return undefined;
    return { second: integerIn('ts', second), part: { quantiles: [value] }, name: '' };
  },
  distributions: (fields) => {
    checkFields(fields, 4);
    const [second = '', l = '', r = '', cnt = ''] = fields;
    const bin: DistributionBin = { l: edgeIn('l', l), r: edgeIn('r', r), cnt: countIn(cnt) };
    return { second: integerIn('ts', second), part: { distribution: [bin] }, name: l };
  },
  histograms: (fields) => {
    checkFields(fields, 3);
    const [second = '', category = '', cnt = ''] = fields;
    if (!isStorableText(category))
      throw new BadPart('category', 'expected a text of at most 64 KiB without NUL characters');
    const categories = new Map([[labelOfText(category), countIn(cnt)]]);
    return { second: integerIn('ts', second), part: { categories }, name: category };
  },
};

/** An outer bin has one edge. */
function edgeIn(name: string, field: string): number | null {
  const edge = numberIn(name, field);
  return Number.isNaN(edge) ? null : edge;
}

function countIn(field: string): number {
  const count = integerIn('cnt', field);
  if (count < 1) throw new BadPart('cnt', `expected a positive integer, got ${count}`);
  return count;
}
