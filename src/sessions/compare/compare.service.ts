import { Injectable } from '@nestjs/common';
import { compareLabels, kolmogorovSmirnov } from 'marigram-client/exact';
import { NotFound } from '../../common/errors.js';
import { QUANTILE_MEMBERS, quantileColumn, valuesOf, WITHIN } from '../../rollups/quantile-column.js';
import { type RollupRow } from '../../rollups/rollup-row.js';
import { type SummaryType } from '../../rollups/summary-kinds.js';
import { type StoredStream, type StreamType } from '../../storage/sessions/stream-store.js';
import { StreamsService } from '../streams.service.js';
import { StreamSummaries } from '../summaries/stream-summaries.service.js';
import {
  type ComparedCategoryObject,
  type ComparedEventObject,
  type ComparedMetricObject,
  type ComparisonObject,
  type UncomparedStreamObject,
} from './compare.dto.js';
import { type Figure, figureOf, pointsBetween, shareOf } from './figures.js';
import { type PairField, pairStreams, type StreamPair } from './pair-streams.js';

/** The summary that streams are compared by. */
const COMPARED: Readonly<Record<StreamType, SummaryType>> = { metric: 'quantiles', event: 'categories' };

/** The bins of both streams of a pair, each as one; `undefined` of streams without points. */
interface PairRows {
  readonly base: RollupRow | undefined;
  readonly other: RollupRow | undefined;
}

/** Compares the streams of two sessions. */
@Injectable()
export class CompareService {
  constructor(
    private readonly streams: StreamsService,
    private readonly summaries: StreamSummaries,
  ) {}

  /**
   * Compares two sessions, stream by stream, by what all bins of each come to. Throws `NotFound` for an unknown session.
   * @param fields by which streams are paired.
   */
  async compare(base: string, other: string, fields: readonly PairField[]): Promise<ComparisonObject> {
    const [ofBase, ofOther] = [await this.streams.all(base), await this.streams.all(other)];
    const { pairs, unpaired } = pairStreams(ofBase, ofOther, fields);
    const metrics: ComparedMetricObject[] = [];
    const events: ComparedEventObject[] = [];
    const left = unpaired.map(({ stream, reason }) => uncompared(stream, reason));
    for (const pair of pairs) {
      const rows = await this.rowsOf(pair);
      if (rows instanceof NotFound)
        left.push(...[pair.base, pair.other].map((stream) => uncompared(stream, rows.message)));
      else if (pair.base.type === 'metric') metrics.push(comparedMetric(pair, rows));
      else events.push(comparedEvent(pair, rows));
    }
    return { base, other, by: [...fields], metrics, events, unpaired: left };
  }

  /** The error where one of the streams has no summary to compare. */
  private async rowsOf({ base, other }: StreamPair): Promise<PairRows | NotFound> {
    const type = COMPARED[base.type];
    try {
      const [one, two] = [await this.summaries.merged(base, type), await this.summaries.merged(other, type)];
      return { base: one?.row, other: two?.row };
    } catch (error) {
      if (error instanceof NotFound) return error;
      throw error;
    }
  }
}

function uncompared({ session, id, type, name, caseName }: StoredStream, reason: string): UncomparedStreamObject {
  return { session, stream: id, type, name, case: caseName, reason };
}

function namesOf({ base, other }: StreamPair) {
  return { name: base.name, case: base.caseName, base: base.id, other: other.id };
}

function comparedMetric(pair: StreamPair, rows: PairRows): ComparedMetricObject {
  const [base, other] = [numbersOf(rows.base), numbersOf(rows.other)];
  const figure = (name: string): Figure => figureOf(base.get(name) ?? null, other.get(name) ?? null);
  const [left, right] = [rows.base && valuesOf(rows.base), rows.other && valuesOf(rows.other)];
  const isBeyond = [rows.base, rows.other].some((row) => row?.samples === 'beyond');
  return {
    ...namesOf(pair),
    figures: {
      ...{ cnt: figure('cnt'), average: figure('average'), stddev: figure('stddev'), q50: figure('q50') },
      ...{ q90: figure('q90'), q95: figure('q95'), q99: figure('q99'), q100: figure('q100') },
    },
    d: left && right && left.values.length > 0 && right.values.length > 0 ? kolmogorovSmirnov(left, right) : null,
    ...(isBeyond && { within: WITHIN }),
  };
}

/** The numbers of a value of `quantiles` by their names. */
function numbersOf(row: RollupRow | undefined): ReadonlyMap<string, number | null> {
  const column = row && quantileColumn(row);
  const numbers = row && column && column.length > 0 ? [...column, row.count] : [];
  return new Map(numbers.map((number, index) => [QUANTILE_MEMBERS[index] ?? '', number]));
}

function comparedEvent(pair: StreamPair, rows: PairRows): ComparedEventObject {
  const [base, other] = [countsOf(rows.base), countsOf(rows.other)];
  const [ofBase, ofOther] = [total(base), total(other)];
  const categories = [...new Set([...base.keys(), ...other.keys()])].sort(compareLabels);
  return {
    ...namesOf(pair),
    cnt: figureOf(ofBase, ofOther),
    categories: categories.map((category): ComparedCategoryObject => {
      const [a, b] = [base.get(category) ?? 0, other.get(category) ?? 0];
      return {
        category,
        base: { cnt: a, share: shareOf(a, ofBase) },
        other: { cnt: b, share: shareOf(b, ofOther) },
        points: pointsBetween(a, ofBase, b, ofOther),
      };
    }),
  };
}

function countsOf(row: RollupRow | undefined): ReadonlyMap<string, number> {
  return new Map(Object.entries(JSON.parse(row?.histogram ?? '{}') as Record<string, number>)); // our own
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
