/** The tables of events, in an order in which a backup can fill them once the rules are there. */
export const EVENT_TABLES = ['event', 'rule_state'] as const;
