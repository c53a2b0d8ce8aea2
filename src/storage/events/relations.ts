/**
 * Events as annotations, for statements of other rooms: an interval each, which is open as long as the event, with the
 * columns that `SOURCES` of the annotations asks for. A late value may have closed one before it was opened.
 */
export const EVENTS_AS_ANNOTATIONS = `
  (SELECT 0 AS id, opened AS begin, CASE WHEN closed IS NOT NULL THEN greatest(opened, closed) END AS until, coalesce(nullif(text, ''), type) AS text,
          ARRAY['rule:' || rule_name, 'type:' || type, 'severity:' || severity] AS tags, NULL::text AS session,
          metadata_key, jsonb_build_object('event', id) AS data, coalesce(acknowledged_by, '') AS username,
          received AS created, coalesce(closed, acknowledged_at, received) AS updated
   FROM event)`;
