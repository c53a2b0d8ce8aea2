import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  compareLabels,
  distributionBins,
  distributionOf,
  EMPTY_MULTISET,
  labelOf,
  merged,
  momentsOf,
  type Multiset,
  multisetOf,
  QUANTILE_PERCENTS,
  quantilesOf,
  type QuantilesValue,
  sumsOf,
} from '../../exact/index.js';
import { type HandedSecond, type StreamInfo } from '../backend.js';

/** What is known of the values of one second. */
export interface Bin<V> {
  add(value: V): void;
  /** It as bytes, from which `restore` of its kind makes it again. */
  save(): Uint8Array;
  /** What it is in the tables. */
  handed(stream: StreamInfo, ts: number, revision: number): HandedSecond[];
}

/** How bins are made. */
export interface BinKind<V> {
  create(): Bin<V>;
  restore(saved: Uint8Array): Bin<V>;
}

/** Bins of numbers: the exact multiset, for the tables `aggregates` and `distributions`. */
export const NUMBERS: BinKind<number> = {
  create: () => new NumberBin(EMPTY_MULTISET),
  restore: (saved) => {
    const numbers = new Float64Array(Uint8Array.from(inflateRawSync(saved)).buffer);
    const size = numbers.length / 2;
    return new NumberBin({ values: numbers.subarray(0, size), counts: numbers.subarray(size) });
  },
};

/** Bins of texts: how often each occurs, for the table `histograms`. */
export const TEXTS: BinKind<string> = {
  create: () => new TextBin(new Map()),
  restore: (saved) => new TextBin(new Map(JSON.parse(Buffer.from(saved).toString()) as [string, number][])),
};

class NumberBin implements Bin<number> {
  private fresh = new Float64Array(64);
  private size = 0;

  constructor(private multiset: Multiset) {}

  add(value: number): void {
    if (this.size === this.fresh.length) {
      const grown = new Float64Array(2 * this.size);
      grown.set(this.fresh);
      this.fresh = grown;
    }
    this.fresh[this.size++] = value;
  }

  save(): Uint8Array {
    const { values, counts } = this.settled();
    return deflateRawSync(Buffer.concat([values, counts].map((column) => new Uint8Array(column.slice().buffer))), {
      level: 1,
    });
  }

  handed(stream: StreamInfo, ts: number, revision: number): HandedSecond[] {
    const multiset = this.settled();
    const quantiles = quantilesOf(multiset);
    const value = Object.fromEntries(QUANTILE_PERCENTS.map((percent, i) => [`q${percent}`, quantiles[i]]));
    const bins = distributionBins(distributionOf(multiset));
    return [
      // The names are those of `QuantilesValue`, which `fromEntries` does not see.
      ['aggregates', stream, { ts, revision, value: { ...value, ...momentsOf(sumsOf(multiset)) } as QuantilesValue }],
      ['distributions', stream, { ts, revision, bins }],
    ];
  }

  private settled(): Multiset {
    this.multiset = merged(this.multiset, multisetOf(this.fresh.subarray(0, this.size)));
    this.fresh = new Float64Array(64);
    this.size = 0;
    return this.multiset;
  }
}

class TextBin implements Bin<string> {
  constructor(private readonly counts: Map<string, number>) {}

  add(value: string): void {
    const label = labelOf(value, (text) => createHash('sha256').update(text).digest('hex'));
    this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
  }

  save(): Uint8Array {
    return Buffer.from(JSON.stringify([...this.counts]));
  }

  handed(stream: StreamInfo, ts: number, revision: number): HandedSecond[] {
    const counts = [...this.counts].sort(([a], [b]) => compareLabels(a, b));
    return [['histograms', stream, { ts, revision, counts }]];
  }
}
