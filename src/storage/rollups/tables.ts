/** The tables of stored bins and of those that are missing, in an order in which a backup can fill them. */
export const ROLLUP_TABLES = ['back_fill', 'rollup', 'sealed_bin'] as const;
