/** The tables that hold points. */
export const POINT_TABLES = ['point', 'segment'] as const;
