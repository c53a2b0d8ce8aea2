import { Injectable } from '@nestjs/common';
import { Invalid } from '../../common/errors.js';
import { MICROS_PER_SECOND, secondsOf } from '../../common/time.js';
import { Turns } from '../../common/turns.js';
import { numberOf } from '../../event-types/data-types.js';
import { Rule } from '../../evaluation/rule.js';
import { matcherOf, sensorOf, textsOf } from '../../evaluation/series-match.js';
import { PointStore } from '../../storage/points/point-store.js';
import { EventTypeStore } from '../../storage/registry/event-type-store.js';
import { type KnownSeries, SeriesFactsStore } from '../../storage/registry/series-facts.js';
import { parseRule } from '../parse-rule.js';
import { FirstEvents } from './first-events.js';
import { type NewRehearsalObject, type RehearsalObject, type RehearsedEventObject } from './rehearsal.dto.js';
import { type RehearsedEvent, RehearsedSeries } from './rehearsed-series.js';

/** Tries rules over what is stored. */
@Injectable()
export class RehearsalService {
  constructor(
    private readonly eventTypes: EventTypeStore,
    private readonly series: SeriesFactsStore,
    private readonly points: PointStore,
  ) {}

  /**
   * What a rule would have found in the points from `since` (inclusive) to `until` (exclusive), had they come in the order
   * of their times: it begins without warnings, and `max-age` does not count. Nothing is stored. Reads series after series,
   * in turns with other requests. Throws `Invalid` and `UnknownEventType`.
   * @param isGone whether nobody waits for the answer any more: then it ends with what there is.
   */
  async run(
    { rule: posted, since, until, limit }: NewRehearsalObject,
    isGone: () => boolean,
  ): Promise<RehearsalObject> {
    if (until <= since) throw new Invalid('until: it is not after since');
    const { name, text } = await this.eventTypes.resolve((dataTypeOf) => parseRule(posted, dataTypeOf));
    const rule = new Rule('', name, text);
    const span = { begin: Math.round(since * MICROS_PER_SECOND), end: Math.round(until * MICROS_PER_SECOND) - 1 };
    const first = new FirstEvents(limit);
    const result = { series: 0, points: 0, warnings: 0, open: 0, isTruncated: false };
    for await (const series of this.series.matching(textsOf(text.match['event-type'] ?? []), matcherOf(text.match))) {
      if (isGone()) break;
      const rehearsed = await this.rehearse(rule, series, span, isGone);
      result.series++;
      result.points += rehearsed.points;
      result.warnings += rehearsed.warnings;
      if (rehearsed.finish()) result.open++;
      result.isTruncated ||= rehearsed.isTruncated;
      first.add(rehearsed.events);
    }
    const events = first.all().map(toWire);
    const { isTruncated, ...counts } = result;
    return { ...counts, events, truncated: isTruncated || first.isTruncated };
  }

  private async rehearse(
    rule: Rule,
    series: KnownSeries,
    span: { readonly begin: number; readonly end: number },
    isGone: () => boolean,
  ): Promise<RehearsedSeries> {
    const rehearsed = new RehearsedSeries(rule, series);
    const { id, dataType, cutOff } = series;
    const begin = Math.max(span.begin, cutOff ?? -Infinity);
    const range = { series: id, dataType, isStream: false, begin, end: span.end, descending: false };
    const source = this.points.source(range);
    const turns = new Turns();
    for await (const slice of source.slices(Infinity, 0)) {
      if (isGone()) break;
      for (const point of slice) rehearsed.count({ micros: point.micros, value: numberOf(point) });
      if (turns.isOver) await turns.pass();
    }
    return rehearsed;
  }
}

function toWire({ series, opened, firstWarning, value, closed, warnings, peak }: RehearsedEvent): RehearsedEventObject {
  return {
    sensor: sensorOf(series),
    'metadata-key': series.metadataKey,
    'event-type': series.eventType,
    opened: secondsOf(opened),
    'first-warning': secondsOf(firstWarning),
    value,
    closed: secondsOf(closed),
    warnings,
    peak,
  };
}
