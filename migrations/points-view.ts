/**
 * The view of all points, loose and packed; `row` is as in segments. No migration can create it in a new
 * archive: the storage engine may have to replace the tables below it by hypertables first.
 */
export const POINTS_VIEW = `
  CREATE OR REPLACE VIEW points (series, ts, value, denominator, document, row) AS
  SELECT series, ts, value, denominator, document, NULL::integer FROM point
  UNION ALL
  SELECT s.series, p.ts, p.value, p.denominator, p.document, p.row
  FROM segment s, unpack_segment(s.data, s.codec) p`;
