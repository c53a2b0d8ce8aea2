import { BadPart } from '../common/errors.js';
import { DATA_TYPES, type StoredValue } from '../event-types/data-types.js';
import { parseSlice } from '../json/json-text.js';
import { type ForeignPoint, type Readable, type SourceArchive } from './source-archive.js';

/** The event types that count the lost and sent packets of each rate. */
export const COUNTS_OF_RATE: Readonly<Record<string, readonly [lost: string, sent: string]>> = {
  'packet-loss-rate': ['packet-count-lost', 'packet-count-sent'],
  'packet-loss-rate-bidir': ['packet-count-lost-bidir', 'packet-count-sent'],
};

/** Counts per request. */
const COUNTS_PER_REQUEST = 10_000;

/** The largest difference between a rate and the quotient of its counts: some archives round. */
const TOLERANCE = 1e-6;

/** The sources of a rate's counts; `undefined` where its metadata has none. */
export interface CountSources {
  readonly lost: Readable | undefined;
  readonly sent: Readable | undefined;
}

/** Whether a rate was stored without its counts, over the denominator 1. */
export function isBareRate({ denominator }: StoredValue): boolean {
  return denominator === 1;
}

/**
 * Rebuilds percentages, which esmond answers as quotients. Where the metadata has both counts at the time of a rate,
 * and their quotient is the rate, they become numerator and denominator; otherwise the rate is stored over 1. Marigram
 * answers numerator and denominator where it has them.
 */
export class LossRates {
  constructor(
    private readonly source: SourceArchive,
    private readonly counts: CountSources,
  ) {}

  /** The value of each rate, in the order given (ascending in time), or a text that says why there is none. */
  async rebuild(rates: readonly ForeignPoint[]): Promise<(StoredValue | string)[]> {
    const quotients = rates.filter(({ val }) => typeof val === 'number');
    const lost = await this.read(this.counts.lost, quotients);
    const sent = await this.read(this.counts.sent, quotients);
    return rates.map(({ tsMicros, val }) => {
      if (typeof val !== 'number') return fractionOf(val);
      if (val < 0) return 'a rate below 0';
      const [numerator = -1, denominator = 0] = [lost.get(tsMicros), sent.get(tsMicros)];
      const isTheirs = denominator > 0 && numerator >= 0 && Math.abs(numerator / denominator - val) <= TOLERANCE;
      return { ...(isTheirs ? { value: numerator, denominator } : { value: val, denominator: 1 }), document: null };
    });
  }

  private async read(from: Readable | undefined, rates: readonly ForeignPoint[]): Promise<Map<number, number>> {
    const counts = new Map<number, number>();
    const [begin, end] = [rates[0]?.tsMicros, rates.at(-1)?.tsMicros];
    if (!from || begin === undefined || end === undefined) return counts;
    for await (const { points } of this.source.slices(from, { begin, end }, COUNTS_PER_REQUEST))
      for (const { tsMicros, val } of points) if (typeof val === 'number') counts.set(tsMicros, Math.trunc(val));
    return counts;
  }
}

function fractionOf(val: unknown): StoredValue | string {
  try {
    return DATA_TYPES.percentage.parse(parseSlice(JSON.stringify(val)));
  } catch (error) {
    if (error instanceof BadPart) return 'a value that is no percentage';
    throw error;
  }
}
