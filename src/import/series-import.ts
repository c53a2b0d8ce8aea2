import { type EventType, type Metadata } from 'marigram-client';
import { BadPart } from '../common/errors.js';
import { inStorableYears, MICROS_PER_SECOND } from '../common/time.js';
import { DATA_TYPES, type DataTypeName, type StoredValue } from '../event-types/data-types.js';
import { parseSlice } from '../json/json-text.js';
import { type ImportStore, type Stream } from '../storage/ingest/import-store.js';
import { type Account } from './import-report.js';
import { COUNTS_OF_RATE, isBareRate, LossRates } from './loss-rates.js';
import { type ForeignPoint, type SourceArchive } from './source-archive.js';
import { type ImportedPoint, type ImportTarget } from './target.js';

/** How many points one request asks for: documents may be large. */
const NUMBERS = 10_000;
const HISTOGRAMS = 2_000;
const DOCUMENTS = 200;

/** What was late to reach the other archive is still found by the next run. */
const OVERLAP = 7 * 86_400 * MICROS_PER_SECOND;

/** Clocks of measurement hosts run ahead, but not by more than this. */
export const AHEAD = 86_400 * MICROS_PER_SECOND;

/** A stretch of history to be imported, in micros, both ends inclusive; `begin` may be open. */
export interface History {
  readonly begin: number | undefined;
  readonly end: number;
  /** No progress is noted beyond it: a point that is still to come says nothing of those before it. */
  readonly now: number;
  /** Whether to read again what earlier runs have read. */
  readonly again: boolean;
}

/** A series there and here. */
export interface SeriesPair {
  readonly metadata: Metadata;
  readonly eventType: EventType;
  readonly dataType: DataTypeName;
  /** The metadata's key here, and the series' id. */
  readonly key: string;
  readonly id: number;
  /** When a point was last stored there. */
  readonly updated: Date;
}

/** What of a series was read. */
export interface SeriesRead {
  /** The last time, by this run or an earlier one; `undefined` where there was no point. */
  readonly last: number | undefined;
  /** Whether some points could not be taken over, or not exactly. */
  readonly isIncomplete: boolean;
}

/** Brings the base points of one series over after the other. */
export class SeriesImport {
  constructor(
    private readonly source: SourceArchive,
    private readonly target: ImportTarget,
    private readonly imports: ImportStore,
    private readonly account: Account,
    private readonly history: History,
  ) {}

  /** How far a stream was read by earlier runs, in micros; `undefined` where none was. */
  async progressOf(stream: Stream): Promise<number | undefined> {
    const through = await this.imports.progress(stream);
    // Beyond all clocks: noted by an earlier version, from a time that the source had made up.
    return through !== undefined && through > this.history.now + AHEAD ? undefined : through;
  }

  /** Where a stream is to be read from: a while before the place where the last run came to. */
  beginAfter(through: number | undefined): number {
    const first = this.history.begin ?? 0;
    return through === undefined || this.history.again ? first : Math.max(first, through - OVERLAP);
  }

  /** Reads and stores all points of a series, slice by slice, noting after each how far it has come. */
  async run(pair: SeriesPair): Promise<SeriesRead> {
    const stream = { source: this.streamName, series: pair.id, type: 'base', window: 0 };
    const earlier = await this.progressOf(stream);
    const span = { begin: this.beginAfter(earlier), end: this.history.end };
    let last = earlier;
    let isIncomplete = false;
    for await (const { points: slice, strays } of this.source.slices(pair.eventType, span, sliceOf(pair))) {
      this.account.fail(`${pair.eventType.eventType}: points of a time that was not asked for`, strays);
      const points = await this.pointsOf(pair, slice);
      isIncomplete ||= points.length < slice.length || points.some(isBareRate);
      this.account.points.read += slice.length;
      const result = await this.target.write(points, pair.updated.getTime() / 1000);
      this.account.points.stored += result.stored;
      this.account.points.there += result.there;
      this.account.skip('points older than the retention here', result.expired);
      const through = slice.at(-1)?.tsMicros;
      if (through === undefined) continue;
      last = Math.max(last ?? -Infinity, Math.min(through, this.history.now));
      await this.imports.recordProgress(stream, last);
    }
    return { last, isIncomplete };
  }

  /** What progress is noted under: runs that begin at another time read another history. */
  get streamName(): string {
    const { begin } = this.history;
    return begin === undefined ? this.source.name : `${this.source.name} since ${begin / MICROS_PER_SECOND}`;
  }

  private async pointsOf(pair: SeriesPair, slice: readonly ForeignPoint[]): Promise<ImportedPoint[]> {
    const values =
      DATA_TYPES[pair.dataType].measure === 'fraction'
        ? await this.ratesOf(pair, slice)
        : slice.map((one) => valueOf(pair, one));
    return slice.flatMap(({ tsMicros }, index) => {
      const value = inStorableYears(tsMicros / MICROS_PER_SECOND)
        ? values[index]
        : 'a time outside the years 1 to 9999';
      if (typeof value === 'object')
        return [{ metadataKey: pair.key, eventType: pair.eventType.eventType, micros: tsMicros, ...value }];
      this.account.fail(`${pair.eventType.eventType}: ${value ?? 'no value'}`);
      return [];
    });
  }

  private ratesOf(
    { metadata, eventType }: SeriesPair,
    slice: readonly ForeignPoint[],
  ): Promise<(StoredValue | string)[]> {
    const [lost, sent] = COUNTS_OF_RATE[eventType.eventType] ?? ['', ''];
    const all: readonly EventType[] = metadata.getAllEventTypes();
    const named = (name: string): EventType | undefined => all.find((one) => one.eventType === name);
    return new LossRates(this.source, { lost: named(lost), sent: named(sent) }).rebuild(slice);
  }
}

/** The value as it would be stored if it was posted here, or why it would be refused. */
function valueOf({ dataType }: SeriesPair, { val }: ForeignPoint): StoredValue | string {
  try {
    return DATA_TYPES[dataType].parse(parseSlice(JSON.stringify(val)));
  } catch (error) {
    // What is wrong with one value is wrong with many: the text names no value of its own.
    if (error instanceof BadPart) return `a value that is no ${dataType}`;
    throw error;
  }
}

function sliceOf({ dataType }: SeriesPair): number {
  const { isDocument, measure } = DATA_TYPES[dataType];
  if (!isDocument) return NUMBERS;
  return measure === 'histogram' ? HISTOGRAMS : DOCUMENTS;
}
