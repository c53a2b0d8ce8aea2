/** An SQL expression for the number of rows in a multirange of row numbers. */
export function rowsOf(multirange: string): string {
  return `(SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(${multirange}) r)`;
}

/** An SQL expression for a multirange of row numbers as JSON: an array of `RowRange`s, ascending. */
export function rowRangesOf(multirange: string): string {
  return `(SELECT coalesce(json_agg(json_build_object('begin', lower(r), 'end', upper(r)) ORDER BY r), '[]')
           FROM unnest(${multirange}) r)`;
}
