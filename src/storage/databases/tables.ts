/** The tables of databases, in an order in which a backup can fill them. */
export const DATABASE_TABLES = ['database', 'field'] as const;
