/**
 * Sessions as annotations, for statements of other rooms: an interval each, which is open as long as the session, with
 * the columns that `SOURCES` of the annotations asks for.
 */
export const SESSIONS_AS_ANNOTATIONS = `
  (SELECT 0 AS id, test_start AS begin, test_end AS until, coalesce(nullif(name, ''), id) AS text,
          ARRAY['session:' || id, 'status:' || status] AS tags, id AS session, NULL::text AS metadata_key,
          jsonb_build_object('session', id) AS data, operator AS username, created, updated
   FROM session)`;
