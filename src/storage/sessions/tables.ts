/** The tables of data sessions, in an order in which a backup can fill them. */
export const SESSION_TABLES = ['session', 'session_stream'] as const;
