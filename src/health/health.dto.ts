import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';

/** The body of a healthy answer. */
@WireShape('Health', 'The server is healthy.')
export class HealthObject {
  @ApiProperty({ type: 'string', enum: ['ok'] })
  status: string;

  @ApiProperty({ type: 'string', description: 'The version of Marigram.' })
  version: string;

  @ApiPropertyOptional({
    type: 'string',
    description:
      'Only of `/health/ready` with a configured replica: `used`, or `not used: ` and the reason; then the primary answers the reads.',
    example: 'not used: it lags by 42 seconds (REPLICA_MAX_LAG)',
  })
  replica?: string;
}
