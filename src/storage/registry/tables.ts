/** The tables of the registry, in an order in which a backup can fill them. */
export const REGISTRY_TABLES = ['event_type', 'metadata', 'series', 'summary'] as const;
