import { JsonReader } from '../json/json-reader.js';

/** Counts by label: a merged histogram, or the sketch of numbers. Integers; a bigint where a double would not hold it. */
export type Counts = Map<string, number | bigint>;

/** How many labels are one step. */
const STEP = 2000;

/** Matches histograms whose text is not that of their sum: with a count of 0, or one that a double may not hold. */
const NOT_PLAIN = /:0[,}]|\d{16}/;

/** Adds an integer to a count. */
export function addCount(counts: Counts, label: string, count: number): void {
  const before = counts.get(label) ?? 0;
  const sum = typeof before === 'number' ? before + count : undefined;
  counts.set(label, sum !== undefined && Number.isSafeInteger(sum) ? sum : BigInt(before) + BigInt(count));
}

/** Counts as JSON, in steps; not by `JSON.stringify`, which knows no bigint. Counts of 0 are left out. */
export function* jsonOf(counts: Counts): Generator<void, string, void> {
  let text = '';
  let done = 0;
  for (const [label, count] of counts) {
    if (Number(count) !== 0) text += `${text === '' ? '' : ','}${JSON.stringify(label)}:${count}`;
    if (++done % STEP === 0) yield;
  }
  return `{${text}}`;
}

/** Texts of more characters are read in steps: `JSON.parse` of many labels takes long. */
const LARGE = 64 * 1024;

/** A histogram as it is stored. It is parsed only when it is added to others, and a small one only once. */
export class Histogram {
  private parsed: Readonly<Record<string, number>> | undefined;

  /** @param text checked JSON of an object of counts, without white space. */
  constructor(readonly text: string) {}

  /** Adds the counts to others, in steps; `sign` −1 subtracts them. */
  *addTo(counts: Counts, sign: 1 | -1): Generator<void, void, void> {
    if (this.text.length > LARGE) {
      yield* this.readInto(counts, sign);
      return;
    }
    const parsed = (this.parsed ??= JSON.parse(this.text) as Record<string, number>);
    for (const label of Object.keys(parsed)) addCount(counts, label, sign * (parsed[label] ?? 0));
  }

  private *readInto(counts: Counts, sign: 1 | -1): Generator<void, void, void> {
    const reader = new JsonReader(this.text);
    let done = 0;
    reader.beginObject();
    for (let label = reader.nextKey(); label !== undefined; label = reader.nextKey()) {
      const begin = reader.skip();
      addCount(counts, label, sign * Number(reader.text(begin, reader.position)));
      if (++done % STEP === 0) yield;
    }
  }
}

/**
 * A lazily computed sum of histograms. The windows of a series get the same histograms, and most have the same sum: then
 * they share one object, which is computed once.
 */
export class HistogramSum {
  private next: HistogramSum | undefined;
  private merged: Counts | undefined;
  private text: string | undefined;

  /** Of nothing; others are made by `plus`. */
  constructor(
    private readonly before?: HistogramSum,
    private readonly last?: Histogram,
    private readonly sign: 1 | -1 = 1,
  ) {}

  /** This sum plus a histogram; `sign` −1 subtracts it. */
  plus(histogram: Histogram, sign: 1 | -1): HistogramSum {
    const { next } = this;
    if (next?.last === histogram && next.sign === sign) return next;
    return (this.next = new HistogramSum(this, histogram, sign));
  }

  /** The counts by label, in steps. */
  *counts(): Generator<void, Counts, void> {
    if (this.merged) return this.merged;
    const counts: Counts = new Map();
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the last of a chain
    for (let sum: HistogramSum | undefined = this; sum?.last; sum = sum.before) {
      yield* sum.last.addTo(counts, sum.sign);
      yield;
    }
    return (this.merged = counts);
  }

  /** The counts as JSON, in steps. */
  *json(): Generator<void, string, void> {
    if (this.text !== undefined) return this.text;
    const { last, sign, before } = this;
    const isOne = last !== undefined && sign === 1 && before?.last === undefined;
    if (isOne && !NOT_PLAIN.test(last.text)) return (this.text = last.text);
    const counts = yield* this.counts();
    return (this.text = yield* jsonOf(counts));
  }
}
