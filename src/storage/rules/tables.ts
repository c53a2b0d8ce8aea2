/** The tables of rules, in an order in which a backup can fill them. */
export const RULE_TABLES = ['rule'] as const;
