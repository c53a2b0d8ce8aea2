/**
 * What a metadata is about that has no hosts: `stream latency of session run-17`, `sensor s1`, or a measurement with its
 * tags, `http_req_duration,status=200 of database k6`. `undefined` for all others.
 */
export function subjectWithoutHosts(
  subjectType: string,
  parameters: Readonly<Record<string, unknown>>,
): string | undefined {
  const { session, stream, database, measurement, sensor } = parameters;
  if (subjectType === 'stream') return `stream ${String(stream)} of session ${String(session)}`;
  if (subjectType === 'sensor') return `sensor ${String(sensor)}`;
  if (subjectType !== 'series') return undefined;
  const tags = Object.entries(parameters).filter(([name]) => name.startsWith('tag.'));
  const pairs = tags.map(([name, value]) => `${name.slice('tag.'.length)}=${String(value)}`).sort();
  return `${[measurement, ...pairs].join(',')} of database ${String(database)}`;
}
