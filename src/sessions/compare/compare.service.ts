import { Injectable } from '@nestjs/common';
import { compareLabels, kolmogorovSmirnov } from 'marigram-client/exact';
import { NotFound } from '../../common/errors.js';
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
import { wholeOfFinished, wholeOfRow, type WholeStream } from './whole-stream.js';

/** The summary that streams are compared by. */
const COMPARED: Readonly<Record<StreamType, SummaryType>> = { metric: 'quantiles', event: 'categories' };

/** The counts of a stream without points. */
const NOTHING: ReadonlyMap<string, number> = new Map();

/** What all points of both streams of a pair are together; `undefined` of streams without points. */
interface PairWholes {
  readonly base: WholeStream | undefined;
  readonly other: WholeStream | undefined;
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
      const wholes = await this.wholesOf(pair);
      if (wholes instanceof NotFound)
        left.push(...[pair.base, pair.other].map((stream) => uncompared(stream, wholes.message)));
      else if (pair.base.type === 'metric') metrics.push(comparedMetric(pair, wholes));
      else events.push(comparedEvent(pair, wholes));
    }
    return { base, other, by: [...fields], metrics, events, unpaired: left };
  }

  /** The error where one of the streams has no summary to compare. */
  private async wholesOf({ base, other }: StreamPair): Promise<PairWholes | NotFound> {
    try {
      return { base: await this.wholeOf(base), other: await this.wholeOf(other) };
    } catch (error) {
      if (error instanceof NotFound) return error;
      throw error;
    }
  }

  private async wholeOf(stream: StoredStream): Promise<WholeStream | undefined> {
    const merged = await this.summaries.merged(stream, COMPARED[stream.type]);
    if (merged) return wholeOfRow(merged.row);
    const finished = await this.summaries.finished(stream);
    return finished && wholeOfFinished(finished);
  }
}

function uncompared({ session, id, type, name, caseName }: StoredStream, reason: string): UncomparedStreamObject {
  return { session, stream: id, type, name, case: caseName, reason };
}

function namesOf({ base, other }: StreamPair) {
  return { name: base.name, case: base.caseName, base: base.id, other: other.id };
}

function comparedMetric(pair: StreamPair, { base, other }: PairWholes): ComparedMetricObject {
  const figure = (name: string): Figure => figureOf(base?.numbers.get(name) ?? null, other?.numbers.get(name) ?? null);
  const [left, right] = [base?.values, other?.values];
  const within = Math.max(base?.within ?? 0, other?.within ?? 0);
  return {
    ...namesOf(pair),
    figures: {
      ...{ cnt: figure('cnt'), average: figure('average'), stddev: figure('stddev'), q50: figure('q50') },
      ...{ q90: figure('q90'), q95: figure('q95'), q99: figure('q99'), q100: figure('q100') },
    },
    d: left && right && left.values.length > 0 && right.values.length > 0 ? kolmogorovSmirnov(left, right) : null,
    ...(within > 0 && { within }),
  };
}

function comparedEvent(pair: StreamPair, wholes: PairWholes): ComparedEventObject {
  const [base, other] = [wholes.base?.counts ?? NOTHING, wholes.other?.counts ?? NOTHING];
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

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
