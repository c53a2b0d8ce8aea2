import { type StoredValue } from '../event-types/data-types.js';
import { type ForeignPoint, type Readable, type SourceArchive } from './source-archive.js';

/** Which event types say how many packets were lost and sent, of each rate. */
export const COUNTS_OF_RATE: Readonly<Record<string, readonly [lost: string, sent: string]>> = {
  'packet-loss-rate': ['packet-count-lost', 'packet-count-sent'],
  'packet-loss-rate-bidir': ['packet-count-lost-bidir', 'packet-count-sent'],
};

/** How many counts are read at a time. */
const SLICE = 10_000;

/** How far the quotient of the counts may be from the rate: some archives round. */
const TOLERANCE = 1e-6;

/** Where the counts of a rate are read from; `undefined` where its metadata has none. */
export interface CountSources {
  readonly lost: Readable | undefined;
  readonly sent: Readable | undefined;
}

/**
 * Rebuilds percentages: archives answer them as quotients, from which nothing could be summed up. At each time for
 * which the metadata has both counts, and where these come to the rate, they are numerator and denominator.
 */
export class LossRates {
  constructor(
    private readonly source: SourceArchive,
    private readonly counts: CountSources,
  ) {}

  /** The values of some rates, in their order, which is that of time; a text says why there is none. */
  async rebuild(rates: readonly ForeignPoint[]): Promise<(StoredValue | string)[]> {
    const [lost, sent] = [await this.read(this.counts.lost, rates), await this.read(this.counts.sent, rates)];
    return rates.map(({ tsMicros, val }) => {
      const [numerator, denominator] = [lost.get(tsMicros), sent.get(tsMicros)];
      if (typeof val !== 'number') return 'a rate that is no number';
      if (numerator === undefined || denominator === undefined) return 'a rate without packet counts at its time';
      const isTheirs = denominator > 0 && numerator >= 0 && Math.abs(numerator / denominator - val) <= TOLERANCE;
      if (!isTheirs) return 'a rate that is not the quotient of the packet counts at its time';
      return { value: numerator, denominator, document: null };
    });
  }

  private async read(from: Readable | undefined, rates: readonly ForeignPoint[]): Promise<Map<number, number>> {
    const counts = new Map<number, number>();
    const [begin, end] = [rates[0]?.tsMicros, rates.at(-1)?.tsMicros];
    if (!from || begin === undefined || end === undefined) return counts;
    for await (const slice of this.source.slices(from, { begin, end }, SLICE))
      for (const { tsMicros, val } of slice) if (typeof val === 'number') counts.set(tsMicros, Math.trunc(val));
    return counts;
  }
}
