import { type EventType, type Metadata } from 'marigram-client';
import { BadPart } from '../common/errors.js';
import { inStorableYears, MICROS_PER_SECOND } from '../common/time.js';
import { DATA_TYPES, type DataTypeName, type StoredValue } from '../event-types/data-types.js';
import { parseSlice } from '../json/json-text.js';
import { type ImportStore, type Stream } from '../storage/ingest/import-store.js';
import { type ImportReport } from './import-report.js';
import { COUNTS_OF_RATE, isBareRate, LossRates } from './loss-rates.js';
import { type ForeignPoint, type SourceArchive } from './source-archive.js';
import { type ImportedPoint, type ImportTarget } from './target.js';

/** Points per request; documents may be large. */
const NUMBERS_PER_REQUEST = 10_000;
const HISTOGRAMS_PER_REQUEST = 2_000;
const DOCUMENTS_PER_REQUEST = 200;

/** Each run reads so much again, for points that reached the other archive late. */
const OVERLAP_MICROS = 7 * 86_400 * MICROS_PER_SECOND;

/** Clocks of measurement hosts may run ahead by so much. */
export const MAX_CLOCK_LEAD_MICROS = 86_400 * MICROS_PER_SECOND;

/** The span of time to import, in micros, both ends inclusive; `begin` may be open. */
export interface History {
  readonly begin: number | undefined;
  readonly end: number;
  /** Progress is never recorded beyond it: a point in the future does not mean that all before it are read. */
  readonly now: number;
  /** Whether to read again what earlier runs have read. */
  readonly again: boolean;
}

/** A series of the other archive and its counterpart here. */
export interface SeriesPair {
  readonly metadata: Metadata;
  readonly eventType: EventType;
  readonly dataType: DataTypeName;
  /** The metadata's key here, and the series' id. */
  readonly key: string;
  readonly id: number;
  /** The other archive's time-updated. */
  readonly updated: Date;
}

/** How much of a series was read. */
export interface SeriesRead {
  /** The last time read by this run or an earlier one; `undefined` where there was no point. */
  readonly last: number | undefined;
  /** Whether some points could not be imported, or not exactly. */
  readonly isIncomplete: boolean;
}

/** Imports the base points of single series. */
export class SeriesImport {
  constructor(
    private readonly source: SourceArchive,
    private readonly target: ImportTarget,
    private readonly imports: ImportStore,
    private readonly report: ImportReport,
    private readonly history: History,
  ) {}

  /** How far earlier runs have read a stream, in micros; `undefined` where none has. */
  async progressOf(stream: Stream): Promise<number | undefined> {
    const through = await this.imports.progress(stream);
    // Later than any clock: an earlier version recorded a time that the source had made up.
    return through !== undefined && through > this.history.now + MAX_CLOCK_LEAD_MICROS ? undefined : through;
  }

  /** The time to read a stream from: a week before the end of the last run. */
  beginAfter(through: number | undefined): number {
    const first = this.history.begin ?? 0;
    return through === undefined || this.history.again ? first : Math.max(first, through - OVERLAP_MICROS);
  }

  /** Reads and stores all points of a series slice by slice, and records the progress after each. */
  async run(pair: SeriesPair): Promise<SeriesRead> {
    const stream = { source: this.streamName, series: pair.id, type: 'base', window: 0 };
    const earlier = await this.progressOf(stream);
    const span = { begin: this.beginAfter(earlier), end: this.history.end };
    let last = earlier;
    let isIncomplete = false;
    for await (const { points: slice, strays } of this.source.slices(pair.eventType, span, sliceOf(pair))) {
      this.report.fail(`${pair.eventType.eventType}: points of a time that was not asked for`, strays);
      const points = await this.pointsOf(pair, slice);
      isIncomplete ||= points.length < slice.length || points.some(isBareRate);
      this.report.points.read += slice.length;
      const result = await this.target.write(points, pair.updated.getTime() / 1000);
      this.report.points.stored += result.stored;
      this.report.points.there += result.there;
      this.report.skip('points older than the retention here', result.expired);
      const through = slice.at(-1)?.tsMicros;
      if (through === undefined) continue;
      last = Math.max(last ?? -Infinity, Math.min(through, this.history.now));
      await this.imports.recordProgress(stream, last);
    }
    return { last, isIncomplete };
  }

  /** The name for recorded progress; runs with another begin have a progress of their own. */
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
      this.report.fail(`${pair.eventType.eventType}: ${value ?? 'no value'}`);
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

/** The value as a POST would store it, or why a POST would refuse it. */
function valueOf({ dataType }: SeriesPair, { val }: ForeignPoint): StoredValue | string {
  try {
    return DATA_TYPES[dataType].parse(parseSlice(JSON.stringify(val)));
  } catch (error) {
    // Without the value, so that equal faults are counted together.
    if (error instanceof BadPart) return `a value that is no ${dataType}`;
    throw error;
  }
}

function sliceOf({ dataType }: SeriesPair): number {
  const { isDocument, measure } = DATA_TYPES[dataType];
  if (!isDocument) return NUMBERS_PER_REQUEST;
  return measure === 'histogram' ? HISTOGRAMS_PER_REQUEST : DOCUMENTS_PER_REQUEST;
}
