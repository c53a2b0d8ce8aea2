import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';

/** What a health route answers. */
@WireShape('Health', 'The server is well.')
export class HealthObject {
  @ApiProperty({ type: 'string', enum: ['ok'] })
  status: string;

  @ApiProperty({ type: 'string', description: 'The version of Marigram.' })
  version: string;
}
