/**
 * The view of all points, loose and packed. No migration can create it: the storage engine may have to replace the tables
 * below it by hypertables first.
 */
export const POINTS_VIEW = `
  CREATE OR REPLACE VIEW points (series, ts, value, denominator, document) AS
  SELECT series, ts, value, denominator, document FROM point
  UNION ALL
  SELECT s.series, p.ts, p.value, p.denominator, p.document FROM segment s, unpack_segment(s.data, s.codec) p`;
