import { Injectable } from '@nestjs/common';
import { secondsOf } from '../common/time.js';
import { matcherOf, sensorOf, textsOf } from '../evaluation/series-match.js';
import { type Actor } from '../storage/access/audit-store.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { SeriesFactsStore } from '../storage/registry/series-facts.js';
import { RuleStore, type StoredRule } from '../storage/rules/rule-store.js';
import { parseRule } from './parse-rule.js';
import { MAX_STATES, type NewRuleObject, type RuleObject, type RuleStateObject } from './rule.dto.js';

/** Lists and changes rules. */
@Injectable()
export class RulesService {
  constructor(
    private readonly rules: RuleStore,
    private readonly eventTypes: EventTypeStore,
    private readonly series: SeriesFactsStore,
  ) {}

  /** All rules, sorted by name, without the number of series that they are for. */
  async list(): Promise<RuleObject[]> {
    return (await this.rules.list()).map(toWire);
  }

  /** The rule with this id or name. Throws `NotFound`. */
  async find(idOrName: string): Promise<RuleObject> {
    return this.withMatching(await this.rules.find(idOrName));
  }

  /** See `parseRule` and `RuleStore.create`. */
  async create(posted: NewRuleObject, by: Actor): Promise<RuleObject> {
    const wanted = await this.eventTypes.resolve((dataTypeOf) => parseRule(posted, dataTypeOf));
    return this.withMatching(await this.rules.create(wanted, by));
  }

  /** See `parseRule` and `RuleStore.replace`. */
  async replace(idOrName: string, posted: NewRuleObject, by: Actor): Promise<RuleObject> {
    const wanted = await this.eventTypes.resolve((dataTypeOf) => parseRule(posted, dataTypeOf));
    return this.withMatching(await this.rules.replace(idOrName, wanted, by));
  }

  /** See `RuleStore.remove`. */
  async remove(idOrName: string, by: Actor): Promise<RuleObject> {
    return this.withMatching(await this.rules.remove(idOrName, by));
  }

  /** How far a rule is on each series that has warnings in a row; at most 1,000, those with most of them first. */
  async states(idOrName: string): Promise<RuleStateObject[]> {
    const { id } = await this.rules.find(idOrName);
    return (await this.rules.states(id, MAX_STATES)).map(({ run, series }) => ({
      'metadata-key': series.metadataKey,
      sensor: sensorOf(series),
      'event-type': series.eventType,
      warnings: run.warnings,
      normals: run.normals,
      since: secondsOf(run.since ?? 0),
      peak: run.peak,
      last: run.last,
      event: run.openEvent,
    }));
  }

  private async withMatching(rule: StoredRule): Promise<RuleObject> {
    const { match } = rule.text;
    let matching = 0;
    for await (const _ of this.series.matching(textsOf(match['event-type'] ?? []), matcherOf(match))) matching++;
    return Object.assign(toWire(rule), { matching });
  }
}

function toWire({ id, name, enabled, text, created, changed, by }: StoredRule): RuleObject {
  return {
    ...{ id, name, enabled, ...text, by },
    ...{ created: secondsOf(created), changed: secondsOf(changed) },
  };
}
