import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Rule, type RuleText } from '../../evaluation/rule.js';
import { matcherOf, type SeriesFacts } from '../../evaluation/series-match.js';
import { type Sql } from '../../postgres/sql.js';
import { RULE_GENERATION } from '../registry/rule-generation.js';
import { factsOf, type KnownSeries } from '../registry/series-facts.js';
import { type SeriesRef } from '../registry/series-store.js';

/** The number of series of which is known which rules are for them. */
const CACHE_SIZE = 200_000;

/** A series that some rules are for. */
export interface WatchedSeries {
  readonly facts: SeriesFacts;
  readonly rules: readonly Rule[];
}

/** The version of a series, and what rules are for it; `undefined` if there is none. */
interface Judged {
  readonly version: number;
  readonly watched: WatchedSeries | undefined;
}

/** The rules in force as they were at one time. */
export class RuleSet {
  private readonly judged = new LRUCache<number, Judged>({ max: CACHE_SIZE });
  private readonly matchers: readonly { readonly rule: Rule; readonly matches: (series: SeriesFacts) => boolean }[];

  constructor(
    /** See `RULE_GENERATION`. */
    readonly generation: number,
    rules: readonly Rule[],
  ) {
    this.matchers = rules.map((rule) => ({ rule, matches: matcherOf(rule.text.match) }));
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.matchers.length === 0;
  }

  /**
   * Those of the series that some rules are for, by their ids. The caller's transaction holds the locks of the series,
   * whose version grows when anything changes that rules look at.
   */
  async watched(sql: Sql, series: Iterable<Pick<SeriesRef, 'id' | 'version'>>): Promise<Map<number, WatchedSeries>> {
    const found = new Map<number, WatchedSeries>();
    const unknown = new Map<number, number>();
    for (const { id, version } of series) {
      const known = this.judged.get(id);
      if (known?.version !== version) unknown.set(id, version);
      else if (known.watched) found.set(id, known.watched);
    }
    if (unknown.size === 0) return found;
    const facts = new Map((await factsOf(sql, [...unknown.keys()])).map((one) => [one.id, one]));
    for (const [id, version] of unknown) {
      const watched = this.judge(facts.get(id));
      this.judged.set(id, { version, watched });
      if (watched) found.set(id, watched);
    }
    return found;
  }

  private judge(facts: KnownSeries | undefined): WatchedSeries | undefined {
    const rules = facts ? this.matchers.filter(({ matches }) => matches(facts)).map(({ rule }) => rule) : [];
    return facts && rules.length > 0 ? { facts, rules } : undefined;
  }
}

/** The rules in force, as this process knows them. */
@Injectable()
export class ActiveRules {
  private current = new RuleSet(0, []);

  /** The rules of this generation or a later one, read inside the caller's transaction unless they are known. */
  async at(sql: Sql, generation: number): Promise<RuleSet> {
    if (this.current.generation < generation) {
      const set = await load(sql);
      // Another transaction may have read later ones meanwhile.
      if (this.current.generation < set.generation) this.current = set;
    }
    return this.current;
  }
}

async function load(sql: Sql): Promise<RuleSet> {
  const { rows } = await sql.query<{ generation: number; id: string | null; name: string; body: RuleText }>(
    `SELECT g.generation, r.id, r.name, r.body
     FROM ${RULE_GENERATION} AS g (generation) LEFT JOIN rule r ON r.enabled ORDER BY r.name`,
  );
  const rules = rows.flatMap(({ id, name, body }) => (id === null ? [] : [new Rule(id, name, body)]));
  return new RuleSet(rows[0]?.generation ?? 0, rules);
}
