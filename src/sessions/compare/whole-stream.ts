import { type Multiset } from 'marigram-client/exact';
import { membersOf } from '../../json/json-text.js';
import { type FinishedBin } from '../../rollups/finished-bins.js';
import { QUANTILE_MEMBERS, quantileColumn, valuesOf, WITHIN } from '../../rollups/quantile-column.js';
import { type RollupRow } from '../../rollups/rollup-row.js';

/** What all points of a stream are together. */
export interface WholeStream {
  /** The numbers of its value of `quantiles`, by their names. */
  readonly numbers: ReadonlyMap<string, number | null>;
  /** Its values; `undefined` where they are not known. */
  readonly values: Multiset | undefined;
  /** The relative error of q10 to q99; 0 where they are exact. */
  readonly within: number;
  /** How often each text occurs. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A stream whose points were summed up here. */
export function wholeOfRow(row: RollupRow): WholeStream {
  const column = quantileColumn(row);
  const numbers = column && column.length > 0 ? [...column, row.count] : [];
  return {
    numbers: new Map(numbers.map((number, index) => [QUANTILE_MEMBERS[index] ?? '', number])),
    values: valuesOf(row),
    within: row.samples === 'beyond' ? WITHIN : 0,
    counts: numbersIn(row.histogram ?? '{}'),
  };
}

/** A stream whose seconds came finished: its values are not known. */
export function wholeOfFinished(bin: FinishedBin): WholeStream {
  const texts = bin.texts();
  const numbers = numbersIn(texts.get('quantiles') ?? '{}');
  return {
    numbers,
    values: undefined,
    within: numbers.get('within') ?? 0,
    counts: numbersIn(texts.get('categories') ?? '{}'),
  };
}

/** The members of an object of our own, all of which are numbers; without those that are null. */
function numbersIn(json: string): Map<string, number> {
  // Not `JSON.parse`: it has no member `__proto__`.
  return new Map(
    [...membersOf(json)].flatMap(([name, { kind, text }]) => (kind === 'null' ? [] : [[name, Number(text)]])),
  );
}
