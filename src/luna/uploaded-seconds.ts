import { type DistributionBin, type QuantilesValue } from 'marigram-client/exact';
import { BadPart } from '../common/errors.js';
import { MICROS_PER_SECOND } from '../common/time.js';
import { isTime } from '../sessions/micros.js';
import { isStorableText } from '../event-types/texts.js';
import { labelOfText } from '../rollups/categories.js';
import { type FinishedPart } from '../rollups/finished-bins.js';
import { type FinishedSecond } from '../storage/rollups/finished-bin-store.js';
import { type Counts, type LunaStream, type LunaStreams } from './luna-stream.js';
import { TABLES } from './tables.js';
import { ROWS_PER_STEP, type UploadedRows } from './uploaded-rows.js';

/** What an upload says of seconds. */
export interface UploadedSeconds {
  /** Each (stream, second) once. */
  readonly seconds: readonly FinishedSecond[];
  /** How many rows of each stream lack a number. */
  readonly dropped: Counts;
}

/** The tables whose rows are of seconds. */
export type SecondsTable = keyof typeof ADD;

/** What the rows of a second say, as far as they are read. */
interface OpenPart {
  readonly quantiles: QuantilesValue[];
  readonly distribution: DistributionBin[];
  readonly categories: Map<string, number>;
}

/** Where the standard deviation is in rows of quantiles; only there a number may be missing. */
const STDDEV = TABLES.aggregates.numbers.indexOf('stddev');

/** How a row is added to its second. Its numbers are in the order of the columns of its table. */
const ADD = {
  aggregates: ({ quantiles }: OpenPart, numbers: readonly number[]) => {
    const named = Object.fromEntries(TABLES.aggregates.numbers.map((name, index) => [name, numbers[index]]));
    const stddev = Number.isNaN(numbers[STDDEV]) ? null : numbers[STDDEV];
    quantiles.push({ ...named, stddev } as QuantilesValue); // it has a column for each member
  },
  distributions: ({ distribution }: OpenPart, [l = 0, r = 0, cnt = 0]: readonly number[]) => {
    distribution.push({ l, r, cnt });
  },
  histograms: ({ categories }: OpenPart, [cnt = 0]: readonly number[], text: string) => {
    const label = labelOfText(text);
    categories.set(label, cnt + (categories.get(label) ?? 0));
  },
} as const;

/**
 * What uploaded rows say of seconds, in steps. Rows for streams that count their points here
 * are ignored. Rows that lack a number are left out and counted. Throws `BadPart`, naming the line, where a row can't be
 * stored.
 * @param begin the index of the first row that counts.
 */
export function* secondsOf(
  table: SecondsTable,
  { tags, times, texts, numbers }: UploadedRows,
  begin: number,
  streams: LunaStreams,
): Generator<void, UploadedSeconds, void> {
  const seconds = new Map<string, FinishedSecond & { readonly part: OpenPart }>();
  const dropped = new Map<LunaStream, number>();
  for (let index = begin; index < tags.length; index++) {
    if (index % ROWS_PER_STEP === 0) yield;
    const stream = streams.get(tags[index] ?? 0);
    if (!stream || stream.raw || !stream.aggregate) continue;
    const time = times[index] ?? NaN;
    const row = numbers.map((column) => column[index] ?? NaN);
    if (Number.isNaN(time) || lacksNumber(table, row)) {
      dropped.set(stream, (dropped.get(stream) ?? 0) + 1);
      continue;
    }
    const { ref: series } = stream;
    const micros = series.origin + time * MICROS_PER_SECOND;
    checkRow(micros, row.at(-1) ?? 0, texts[index] ?? '', `line ${index + 1}`);
    const name = `${series.id} ${micros}`;
    const second = seconds.get(name) ?? { series, micros, part: emptyPart() };
    seconds.set(name, second);
    ADD[table](second.part, row, texts[index] ?? '');
  }
  const all = [...seconds.values()].map(({ series, micros, part }) => ({ series, micros, part: finished(part) }));
  return { seconds: all, dropped };
}

function lacksNumber(table: SecondsTable, row: readonly number[]): boolean {
  return row.some((number, index) => Number.isNaN(number) && !(table === 'aggregates' && index === STDDEV));
}

function checkRow(micros: number, cnt: number, text: string, line: string): void {
  if (!isTime(micros)) throw new BadPart(`${line}, ts`, 'the time is outside the years that can be stored');
  if (!Number.isSafeInteger(cnt) || cnt < 1)
    throw new BadPart(`${line}, cnt`, `expected a positive integer, got ${cnt}`);
  if (!isStorableText(text))
    throw new BadPart(`${line}, category`, 'expected a text of at most 64 KiB without NUL characters');
}

function emptyPart(): OpenPart {
  return { quantiles: [], distribution: [], categories: new Map() };
}

/** Without what no row was of. */
function finished({ quantiles, distribution, categories }: OpenPart): FinishedPart {
  return {
    quantiles,
    ...(distribution.length > 0 && { distribution }),
    ...(categories.size > 0 && { categories }),
  };
}
