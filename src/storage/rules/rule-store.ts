import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import pg from 'pg';
import { Invalid, NotFound, StateConflict } from '../../common/errors.js';
import { uuidV7 } from '../../common/uuid.js';
import { type RuleText } from '../../evaluation/rule.js';
import { Database } from '../../postgres/database.js';
import { DiskSpace } from '../../postgres/disk-space.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf } from '../../postgres/timestamps.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { type EndOfRuns, endRuns, runsOfRule, type StoredRun } from '../events/run-store.js';
import { beginRuleChange } from '../registry/rule-generation.js';
import { factsOf, type KnownSeries } from '../registry/series-facts.js';

/** A rule to be stored. */
export interface NewRule {
  readonly name: string;
  readonly enabled: boolean;
  readonly text: RuleText;
}

/** A rule as it is stored. Times in micros. */
export interface StoredRule extends NewRule {
  readonly id: string;
  readonly created: number;
  readonly changed: number;
  /** The user whose key changed it last. */
  readonly by: string;
}

/** How far a rule is on a series. */
export interface RuleState {
  readonly run: StoredRun;
  readonly series: KnownSeries;
}

/** The maximum of rules. */
const MAX_RULES = 1000;

const SELECT = `
  SELECT id, name, enabled, body AS text, ${microsOf('created')} AS created, ${microsOf('changed')} AS changed,
         by_user AS by
  FROM rule`;

/**
 * The rules. Each change is one transaction with its audit record, and holds for all batches that begin after it, on every
 * server. Reads ask the primary.
 */
@Injectable()
export class RuleStore {
  constructor(
    private readonly db: Database,
    private readonly disk: DiskSpace,
  ) {}

  /** All rules, sorted by name. */
  async list(): Promise<StoredRule[]> {
    return (await this.db.reader(true).query<StoredRule>(`${SELECT} ORDER BY name`)).rows;
  }

  /** The rule with this id or name. Throws `NotFound`. */
  find(idOrName: string): Promise<StoredRule> {
    return find(this.db.reader(true), idOrName);
  }

  /** The series on which a rule has counted warnings, those with most of them first; at most `limit`. */
  async states(rule: string, limit: number): Promise<RuleState[]> {
    const sql = this.db.reader(true);
    const runs = await runsOfRule(sql, rule, limit);
    const facts = await factsOf(
      sql,
      runs.map(({ series }) => series),
    );
    const bySeries = new Map(facts.map((one) => [one.id, one]));
    return runs.flatMap((run) => {
      const series = bySeries.get(run.series);
      return series ? [{ run, series }] : [];
    });
  }

  /** Throws `StateConflict` where the name exists, and `Invalid` where there are as many as there may be. */
  async create({ name, enabled, text }: NewRule, by: Actor): Promise<StoredRule> {
    await this.disk.check();
    return this.change(name, async (sql) => {
      const { rows } = await sql.query<{ count: number }>('SELECT count(*)::int AS count FROM rule');
      if ((rows[0]?.count ?? 0) >= MAX_RULES) throw new Invalid(`there are ${MAX_RULES} rules, and may be no more`);
      const id = uuidV7();
      await sql.query('INSERT INTO rule (id, name, enabled, body, by_user) VALUES ($1, $2, $3, $4, $5)', [
        ...[id, name, enabled, text, by.username],
      ]);
      await recordAudit(sql, by, 'rule added', name, { enabled, rule: text });
      return find(sql, id);
    });
  }

  /**
   * Replaces a rule. Unless only its name or the text of its events differ, its runs begin anew and its open events close.
   * Throws `NotFound`, and `StateConflict` where another one has the name.
   */
  async replace(idOrName: string, wanted: NewRule, by: Actor): Promise<StoredRule> {
    const { name, enabled, text } = wanted;
    await this.disk.check();
    return this.change(name, async (sql) => {
      const former = await find(sql, idOrName);
      const reason = reasonToEnd(former, wanted);
      if (reason) await endRuns(sql, { of: 'rule', ids: [former.id], reason });
      await sql.query(
        'UPDATE rule SET name = $2, enabled = $3, body = $4, by_user = $5, changed = clock_timestamp() WHERE id = $1',
        [former.id, name, enabled, text, by.username],
      );
      await recordAudit(sql, by, 'rule changed', former.name, { name, enabled, rule: text });
      return find(sql, former.id);
    });
  }

  /** Deletes a rule, and closes its open events; returns what it was. Throws `NotFound`. */
  remove(idOrName: string, by: Actor): Promise<StoredRule> {
    return this.change(idOrName, async (sql) => {
      const rule = await find(sql, idOrName);
      await endRuns(sql, { of: 'rule', ids: [rule.id], reason: 'rule deleted' });
      await sql.query('DELETE FROM rule WHERE id = $1', [rule.id]);
      await recordAudit(sql, by, 'rule deleted', rule.name, { rule: rule.text });
      return rule;
    });
  }

  private async change<T>(name: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await this.db.retrying(async (sql) => {
        await beginRuleChange(sql);
        return work(sql);
      });
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.constraint === 'rule_name')
        throw new StateConflict(`there is another rule ${name}`);
      throw error;
    }
  }
}

async function find(sql: Sql, idOrName: string): Promise<StoredRule> {
  const { rows } = await sql.query<StoredRule>(`${SELECT} WHERE name = $1 OR id::text = lower($1)`, [idOrName]);
  if (!rows[0]) throw new NotFound(`there is no rule ${JSON.stringify(idOrName)}`);
  return rows[0];
}

/** Why the runs of a rule end when it becomes another one; `undefined` where it judges as before. */
function reasonToEnd(former: NewRule, wanted: NewRule): EndOfRuns['reason'] | undefined {
  if (!wanted.enabled) return 'rule disabled';
  const judging = ({ enabled, text }: NewRule): unknown => ({ enabled, ...text, event: { ...text.event, text: '' } });
  return isDeepStrictEqual(judging(former), judging(wanted)) ? undefined : 'rule changed';
}
