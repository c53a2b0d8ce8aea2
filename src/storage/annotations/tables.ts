/** The tables of annotations, in an order in which a backup can fill them. */
export const ANNOTATION_TABLES = ['annotation'] as const;
