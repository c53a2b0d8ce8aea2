import { type Sql } from '../../postgres/sql.js';
import { microsOf } from '../../postgres/timestamps.js';

/**
 * An SQL expression for the version of all rules together; 0 until there was one. The statement that locks the series of
 * a batch returns it, so that an archive without rules asks nothing else about them.
 */
export const RULE_GENERATION = '(SELECT value::float8 FROM rule_generation)';

/** The lock between those who judge points by rules, together, and those who change rules, alone. */
const RULES_LOCK = `hashtextextended('rules', 0)`;

/** The rules while they are held. */
export interface HeldRules {
  readonly generation: number;
  /** The database's time, in micros. */
  readonly now: number;
}

/**
 * Keeps rules as they are until the caller's transaction ends, and returns their version. What the caller sends
 * meanwhile is executed afterwards.
 */
export async function holdRules(sql: Sql): Promise<HeldRules> {
  // Two statements: one that waits for the lock sees the version from before it waited.
  const [, { rows }] = await Promise.all([
    sql.query({ name: 'rules-hold', text: `SELECT pg_advisory_xact_lock_shared(${RULES_LOCK})` }),
    sql.query<HeldRules>({
      name: 'rules-held',
      text: `SELECT ${RULE_GENERATION} AS generation, ${microsOf('clock_timestamp()')} AS now`,
    }),
  ]);
  return rows[0] ?? { generation: 0, now: 0 };
}

/**
 * Begins a change of rules inside the caller's transaction: waits until nobody judges by them, and tells all servers. No
 * series is ever judged by two versions of a rule.
 */
export async function beginRuleChange(sql: Sql): Promise<void> {
  await sql.query(`SELECT pg_advisory_xact_lock(${RULES_LOCK})`);
  await sql.query('UPDATE rule_generation SET value = value + 1');
}
