import { ApiProperty } from '@nestjs/swagger';
import { named, type Schema, WireShape } from '../../common/api-docs.js';

const TIMES = {
  type: 'array' as const,
  items: { type: 'integer' },
  description: 'Microseconds, since 1970 or since `test-start`, in any order.',
  example: [0, 100, 200],
};

const VALUES = {
  type: 'array' as const,
  items: { anyOf: [{ type: 'number' }, { type: 'string' }] },
  description: 'As many numbers of a metric, or texts of an event.',
  example: [1, 2.5, 3],
};

/** The points of a stream in a body, as columns. */
@WireShape('PointColumns', 'Points of a stream as columns of the same length.')
export class PointColumnsObject {
  @ApiProperty(TIMES)
  ts: number[];

  @ApiProperty(VALUES)
  value: unknown[];
}

/** The points of a stream in a body, as rows. */
export const POINT_ROWS: Schema = named('PointRows', {
  type: 'array',
  items: { type: 'array', minItems: 2, maxItems: 2, items: { anyOf: [{ type: 'number' }, { type: 'string' }] } },
  description: 'Points of a stream as rows of time and value.',
  example: [
    [0, 1],
    [100, 2.5],
  ],
});

/** The points of one stream in a body with several. */
@WireShape('StreamPoints', 'Points of one stream.')
export class StreamPointsObject extends PointColumnsObject {
  @ApiProperty({ type: 'string', description: 'The id of the stream.', example: 'latency' })
  stream: string;

  @ApiProperty({
    ...{ type: 'integer', required: false, nullable: true, minimum: 0, example: 0 },
    description: 'The row number of the first point; the archive appends if absent.',
  })
  row?: number | null;
}

/** The body of a PUT of points of several streams. */
@WireShape('PointsOfStreams', 'Points of several streams, each of them at most once.')
export class PointsOfStreamsObject {
  @ApiProperty({ type: () => [StreamPointsObject] })
  streams: StreamPointsObject[];
}

const count = (description: string, example: number): object => ({ type: 'integer', description, example });

/** What became of the points of a stream. */
@WireShape('StoredRows', 'What became of the points of a stream.')
export class StoredRowsObject {
  @ApiProperty(count('The row number of the first point.', 0))
  row: number;

  @ApiProperty(count('The number of points in the request.', 3))
  rows: number;

  @ApiProperty(count('How many are new.', 3))
  stored: number;

  @ApiProperty(count('How many rows were taken before; they are ignored.', 0))
  repeated: number;

  @ApiProperty(count('How many are older than retention keeps: taken, not stored.', 0))
  expired: number;

  @ApiProperty(count('The row behind the highest one that was taken.', 3))
  'next-row': number;
}

/** The same for one of several streams. */
@WireShape('StoredRowsOfStream', 'What became of the points of one stream.')
export class StoredRowsOfStreamObject extends StoredRowsObject {
  @ApiProperty({ type: 'string', description: 'The id of the stream.', example: 'latency' })
  stream: string;
}

/** The answer to a PUT of points of several streams. */
@WireShape('StoredRowsOfStreams', 'What became of the points of several streams, in the order of the request.')
export class StoredRowsOfStreamsObject {
  @ApiProperty({ type: () => [StoredRowsOfStreamObject] })
  streams: StoredRowsOfStreamObject[];
}

/** A point of a stream in a read. */
@WireShape('StreamRow', 'A point of a stream.')
export class StreamRowObject {
  @ApiProperty({ type: 'integer', description: 'Microseconds, since 1970 or `test-start`.', example: 1574164720249248 })
  ts: number;

  @ApiProperty({ anyOf: [{ type: 'number' }, { type: 'string' }], description: 'A number, or a text.', example: 30021 })
  value: unknown;

  @ApiProperty({ type: 'integer', description: 'Its row number.', example: 0 })
  row: number;
}
