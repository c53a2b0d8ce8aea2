import { BadPart } from '../common/errors.js';
import { PostedColumns } from '../sessions/points/posted-columns.js';
import { type Counts, type LunaStream, type LunaStreams } from './luna-stream.js';
import { ROWS_PER_STEP, type UploadedRows } from './uploaded-rows.js';

/** The points of an upload. */
export interface UploadedPoints {
  /** Those of each stream, in their order. */
  readonly columns: ReadonlyMap<LunaStream, PostedColumns>;
  /** How many rows of each stream have no time or no value. */
  readonly dropped: Counts;
}

/**
 * The points of uploaded rows, in steps. Rows without a time or a value are left out and counted. Throws `BadPart`,
 * naming the line, where a point can't be stored.
 * @param begin the index of the first row that counts.
 */
export function* pointsOf(
  rows: UploadedRows,
  begin: number,
  streams: LunaStreams,
): Generator<void, UploadedPoints, void> {
  const { tags, times, texts, numbers } = rows;
  const [values = []] = numbers;
  const columns = new Map<LunaStream, PostedColumns>();
  const dropped = new Map<LunaStream, number>();
  for (let index = begin; index < tags.length; index++) {
    if (index % ROWS_PER_STEP === 0) yield;
    const stream = streams.get(tags[index] ?? 0);
    if (!stream) continue;
    const [time = NaN, value = 0] = [times[index], values[index]];
    if (Number.isNaN(time) || Number.isNaN(value)) {
      dropped.set(stream, (dropped.get(stream) ?? 0) + 1);
      continue;
    }
    const ofStream =
      columns.get(stream) ?? new PostedColumns({ ...{ type: stream.type, most: Infinity }, origin: stream.ref.origin });
    columns.set(stream, ofStream);
    try {
      ofStream.addTime(time);
      if (ofStream.hasNumbers) ofStream.addNumber(value);
      else ofStream.addText(texts[index] ?? '');
    } catch (error) {
      throw BadPart.at(`line ${index + 1}`, error);
    }
  }
  return { columns, dropped };
}
