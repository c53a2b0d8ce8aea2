import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../../common/api-docs.js';
import { STREAM_TYPES } from '../stream-types.js';
import { type Figure } from './figures.js';

const nullable = (description: string, example: number): object => ({
  type: 'number',
  nullable: true,
  description,
  example,
});

/** A number of both sessions. */
@WireShape('Figure', 'A number of both sessions; `null` where a session lacks it.')
export class FigureObject implements Figure {
  @ApiProperty(nullable('That of the base.', 30695.45))
  base: number | null;

  @ApiProperty(nullable('That of the other session.', 30952.8))
  other: number | null;

  @ApiProperty(nullable('other − base.', 257.35))
  difference: number | null;

  @ApiProperty(nullable('The difference in percent of the base; `null` where that is 0.', 0.838397808))
  percent: number | null;
}

/** The numbers of a metric. */
@WireShape('Figures', 'The numbers of a metric in both sessions.')
export class FiguresObject {
  @ApiProperty({ type: () => FigureObject })
  cnt: Figure;

  @ApiProperty({ type: () => FigureObject })
  average: Figure;

  @ApiProperty({ type: () => FigureObject })
  stddev: Figure;

  @ApiProperty({ type: () => FigureObject })
  q50: Figure;

  @ApiProperty({ type: () => FigureObject })
  q90: Figure;

  @ApiProperty({ type: () => FigureObject })
  q95: Figure;

  @ApiProperty({ type: () => FigureObject })
  q99: Figure;

  @ApiProperty({ type: () => FigureObject })
  q100: Figure;
}

/** Two streams that were compared. */
export class ComparedStreamsObject {
  @ApiProperty({ type: 'string', description: 'The name of the stream of the base.', example: 'latency' })
  name: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'Its case.', example: 'GET /cart' })
  case: string | null;

  @ApiProperty({ type: 'string', description: 'The id of the stream of the base.', example: 'latency' })
  base: string;

  @ApiProperty({ type: 'string', description: 'The id of the stream of the other session.', example: 'latency' })
  other: string;
}

/** A metric of both sessions. */
@WireShape('ComparedMetric', 'A metric of both sessions.')
export class ComparedMetricObject extends ComparedStreamsObject {
  @ApiProperty({ type: () => FiguresObject })
  figures: FiguresObject;

  @ApiProperty({
    ...{ type: 'number', nullable: true, example: 0.2 },
    description:
      'D of Kolmogorov and Smirnov: the largest distance between the shares of values up to a number; 0 where they are ' +
      'distributed alike. `null` where one has no points, or came as finished seconds without them.',
  })
  d: number | null;

  @ApiProperty({
    ...{ type: 'number', required: false, example: 0.01 },
    description:
      'The relative error of q50 to q99 where a stream has more different values than are kept, or came as finished ' +
      'seconds; else absent.',
  })
  within?: number;
}

/** A category in one session. */
@WireShape('CategoryShare', 'A category in one session.')
export class CategoryShareObject {
  @ApiProperty({ type: 'integer', description: 'How often it occurs.', example: 4 })
  cnt: number;

  @ApiProperty({ type: 'number', description: 'Its part of all, 0 to 1.', example: 0.8 })
  share: number;
}

/** A category in both sessions. */
@WireShape('ComparedCategory', 'A category in both sessions.')
export class ComparedCategoryObject {
  @ApiProperty({ type: 'string', example: '200' })
  category: string;

  @ApiProperty({ type: () => CategoryShareObject })
  base: CategoryShareObject;

  @ApiProperty({ type: () => CategoryShareObject })
  other: CategoryShareObject;

  @ApiProperty({ type: 'number', description: 'How many points of percent the share has grown by.', example: -20 })
  points: number;
}

/** An event of both sessions. */
@WireShape('ComparedEvent', 'An event of both sessions.')
export class ComparedEventObject extends ComparedStreamsObject {
  @ApiProperty({ type: () => FigureObject })
  cnt: Figure;

  @ApiProperty({ type: () => [ComparedCategoryObject], description: 'In the order of the bytes of their names.' })
  categories: ComparedCategoryObject[];
}

/** A stream that was not compared. */
@WireShape('UncomparedStream', 'A stream that was not compared.')
export class UncomparedStreamObject {
  @ApiProperty({ type: 'string', example: 'run-17' })
  session: string;

  @ApiProperty({ type: 'string', example: 'voltage' })
  stream: string;

  @ApiProperty({ type: 'string', enum: [...STREAM_TYPES], example: 'metric' })
  type: string;

  @ApiProperty({ type: 'string', example: 'voltage' })
  name: string;

  @ApiProperty({ type: 'string', nullable: true, example: null })
  case: string | null;

  @ApiProperty({ type: 'string', description: 'Why.', example: 'the other session has none like it' })
  reason: string;
}

/** Two sessions, stream by stream. */
@WireShape('Comparison', 'Two sessions, stream by stream.')
export class ComparisonObject {
  @ApiProperty({ type: 'string', description: 'The session that the other one is compared with.', example: 'run-17' })
  base: string;

  @ApiProperty({ type: 'string', example: 'run-18' })
  other: string;

  @ApiProperty({ type: 'array', items: { type: 'string' }, example: ['name', 'case'] })
  by: string[];

  @ApiProperty({ type: () => [ComparedMetricObject] })
  metrics: ComparedMetricObject[];

  @ApiProperty({ type: () => [ComparedEventObject] })
  events: ComparedEventObject[];

  @ApiProperty({ type: () => [UncomparedStreamObject] })
  unpaired: UncomparedStreamObject[];
}
