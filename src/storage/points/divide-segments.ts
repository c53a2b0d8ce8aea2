import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { indexOfTime } from './point-columns.js';
import { insertSegments, loadSegments, removeSegments, type SizedKey } from './segment-store.js';
import { columnsOf, segmentOf } from './segment.js';

/**
 * Divides the segments that begin in a chunk and end behind it, inside the caller's transaction.
 * @param chunk its bounds in micros, `end` exclusive.
 * @param openChunk makes sure that the chunk of a time (micros) exists, and returns its end.
 */
export async function divideSegments(
  sql: Sql,
  chunk: { readonly begin: number; readonly end: number },
  openChunk: (micros: number) => Promise<number>,
): Promise<void> {
  const { rows } = await sql.query<SizedKey>(
    `SELECT series, ${microsOf('first')} AS first, row, octet_length(data) AS bytes
     FROM segment WHERE first >= $1 AND first < $2 AND last >= $2`,
    [timestampOf(chunk.begin), timestampOf(chunk.end)],
  );
  for await (const segment of loadSegments(sql, rows)) {
    const columns = columnsOf(segment);
    const parts = [];
    for (let begin = 0; begin < segment.points;) {
      const end = indexOfTime(columns.micros, await openChunk(columns.micros[begin] ?? 0), begin);
      parts.push(segmentOf(segment.series, columns, begin, end));
      begin = end;
    }
    await removeSegments(sql, [segment]);
    await insertSegments(sql, parts);
  }
}
