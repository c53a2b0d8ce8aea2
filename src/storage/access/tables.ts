/** The tables that say who may do what, each with the column by which two of its rows are the same. */
export const ACCESS_TABLES = { api_key: 'digest', network: 'range' } as const;
