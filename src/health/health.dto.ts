import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';

/** What a health route answers. */
@WireShape('Health', 'The server is well.')
export class HealthObject {
  @ApiProperty({ type: 'string', enum: ['ok'] })
  status: string;

  @ApiProperty({ type: 'string', description: 'The version of Marigram.' })
  version: string;

  @ApiPropertyOptional({
    type: 'string',
    description:
      'Of `/health/ready` where a replica is configured: `used`, or `not used: ` and the reason; the primary answers the reads then.',
    example: 'not used: it lags by 42 seconds (REPLICA_MAX_LAG)',
  })
  replica?: string;
}
