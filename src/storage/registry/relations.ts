/*
 * Relations of the registry for statements of other rooms: so that they need not ask first and then read, where a read
 * has to be one statement. Only the registry knows the tables behind them.
 */

/** The subject type of what the line protocol writes: it has parameters only, `database` among them. */
export const SERIES = 'series';

/** All registered summaries: `y`, with their series `s` and metadata `m`, to follow FROM. */
export const REGISTERED_SUMMARIES = `
  metadata m JOIN series s ON s.metadata = m.id JOIN summary y ON y.series = s.id`;

/** The ids of the series of a metadata, as a subquery. @param key an SQL expression for the metadata key. */
export function seriesOfMetadata(key: string): string {
  return `(SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = ${key})`;
}

/**
 * An SQL condition: the metadata `m` is what the line protocol wrote to a database. There is an index for it.
 * @param database an SQL expression.
 */
export function isOfDatabase(database: string): string {
  return `m.subject_type = '${SERIES}' AND m.parameters ->> 'database' = ${database}`;
}

/** The ids of the series of a database, as a subquery. @param database an SQL expression. */
export function seriesOfDatabase(database: string): string {
  return `(SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata WHERE ${isOfDatabase(database)})`;
}

/**
 * The series `s`, to follow FROM, each with its `database`, which is empty where it has none. The index of these metadata
 * makes that cheap where there are few.
 */
export const SERIES_IN_DATABASES = `
  (SELECT one.*, coalesce(m.parameters ->> 'database', '') AS database
   FROM series one LEFT JOIN metadata m ON m.id = one.metadata AND m.subject_type = '${SERIES}') s`;

/** The id of a series, as a subquery: no row where there is no such series. @param id an SQL expression. */
export function existingSeries(id: string): string {
  return `(SELECT s.id FROM series s WHERE s.id = ${id})`;
}

/** The ids of all streams, as a subquery. */
export const STREAMS = '(SELECT id FROM series WHERE is_stream)';

/**
 * The times of the first and the last point of each series, and of the last write: `series`, `first`, `last` and `updated`,
 * `null` where it has no points.
 */
export const POINT_TIMES = `
  (SELECT id AS series, first_point AS first, last_point AS last, time_updated AS updated FROM series)`;

/** What answers tell of a series beside its points: `series`, `key` of its metadata, `first`, `last` and `summaries`. */
export const DESCRIBED_SERIES = `
  (SELECT s.id AS series, m.key, s.first_point AS first, s.last_point AS last,
          (SELECT coalesce(json_agg(json_build_object('type', type, 'window', window_seconds)
                           ORDER BY type, window_seconds), '[]') FROM summary WHERE series = s.id) AS summaries
   FROM series s JOIN metadata m ON m.id = s.metadata)`;

/** The keys of the metadata that have some parameters, as a subquery. @param parameters an SQL expression for a jsonb. */
export function metadataWith(parameters: string): string {
  return `(SELECT m.key FROM metadata m WHERE m.parameters @> ${parameters})`;
}
